#include "experiment/value_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/suggest.h"

namespace initbench {
namespace {

/// The largest double below which every whole number is exact.
constexpr double kExactWhole = 9007199254740992.0;

std::string text_of(double number) { return Json(number).dump(); }

std::string range_text(const RealRange& range) {
  const bool bounded = range.maximum < RealRange{}.maximum;
  std::string text = range.above_minimum ? "a number above " : "a number from ";
  if (!bounded) {
    return range.above_minimum ? text + text_of(range.minimum)
                               : "a number of at least " + text_of(range.minimum);
  }
  text += text_of(range.minimum) + (range.below_maximum ? " to below " : " to ");
  return text + text_of(range.maximum);
}

std::string range_text(const WholeRange& range) {
  if (range.maximum == WholeRange{}.maximum) {
    return "a whole number of at least " + std::to_string(range.minimum);
  }
  return "a whole number from " + std::to_string(range.minimum) + " to " +
         std::to_string(range.maximum);
}

void report_expected(const Located& at, const std::string& expected, IssueList& issues) {
  issues.add(at.place, "expected " + expected + ", got " + describe(at.value));
}

/// A JSON number that is whole, however it is written (1e3 is 1000).
std::optional<std::int64_t> whole_number(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(WholeRange{}.maximum)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (std::trunc(number) != number || std::abs(number) > kExactWhole) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::vector<std::string_view> activation_names() {
  std::vector<std::string_view> names;
  for (const ActivationRow& row : activation_table()) names.push_back(row.name);
  return names;
}

std::vector<std::string_view> scheme_names(Tensor tensor) {
  std::vector<std::string_view> names;
  for (const Scheme& row : scheme_table()) {
    if (tensor == Tensor::weights ? !row.for_weights : !row.for_biases) continue;
    names.push_back(row.name);
    names.insert(names.end(), row.aliases.begin(), row.aliases.end());
  }
  return names;
}

/// The name in a value that is a name or an object with the name under `key`; reports what else it
/// may be.
std::optional<std::string> name_in(const Located& at, const char* key, IssueList& issues) {
  if (at.value.is_string()) return at.value.get<std::string>();
  if (!at.value.is_object()) {
    report_expected(at, "a name, or an object with \"" + std::string(key) + "\"", issues);
    return std::nullopt;
  }
  const auto found = at.value.find(key);
  if (found == at.value.end()) {
    issues.add(at.place, "needs \"" + std::string(key) + "\"");
    return std::nullopt;
  }
  const std::string place = at.place + "." + key;
  return read_text({*found, place}, issues);
}

/// One argument of a scheme, checked against the scheme's row; empty after an issue.
std::optional<NamedArgument> read_argument(const Located& at, const Scheme& scheme,
                                           const std::string& name, IssueList& issues) {
  if (!at.value.is_number() && !at.value.is_string()) {
    report_expected(at, "a number or a word", issues);
    return std::nullopt;
  }
  NamedArgument argument{name, 0.0};
  if (at.value.is_string()) {
    argument.value = at.value.get<std::string>();
  } else {
    argument.value = at.value.get<double>();
  }
  const std::string problem = problem_of(scheme, argument);
  if (problem.empty()) return argument;
  issues.add(at.place, problem);
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> read_whole(const Located& at, const WholeRange& range,
                                       IssueList& issues) {
  const std::optional<std::int64_t> number = whole_number(at.value);
  if (number && *number >= range.minimum && *number <= range.maximum) return number;
  report_expected(at, range_text(range), issues);
  return std::nullopt;
}

std::optional<double> read_real(const Located& at, const RealRange& range, IssueList& issues) {
  if (at.value.is_number()) {
    const double number = at.value.get<double>();
    const bool high_enough = range.above_minimum ? number > range.minimum : number >= range.minimum;
    const bool low_enough = range.below_maximum ? number < range.maximum : number <= range.maximum;
    if (high_enough && low_enough) return number;
    if (!low_enough && range.maximum == RealRange{}.maximum) {
      report_expected(at, "a number of at most " + text_of(range.maximum), issues);
      return std::nullopt;
    }
  }
  report_expected(at, range_text(range), issues);
  return std::nullopt;
}

std::optional<std::uint64_t> read_seed(const Located& at, IssueList& issues) {
  if (at.value.is_number_unsigned()) return at.value.get<std::uint64_t>();
  const std::optional<std::int64_t> number = whole_number(at.value);
  if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
  report_expected(at, "a whole number from 0 to 18446744073709551615", issues);
  return std::nullopt;
}

std::optional<std::string> read_text(const Located& at, IssueList& issues) {
  if (at.value.is_string()) return at.value.get<std::string>();
  report_expected(at, "a string", issues);
  return std::nullopt;
}

std::optional<std::array<Index, 2>> read_pair(const Located& at, const WholeRange& range,
                                              IssueList& issues) {
  if (!at.value.is_array()) {
    if (!at.value.is_number()) {
      report_expected(at, range_text(range) + ", or [height, width]", issues);
      return std::nullopt;
    }
    const std::optional<std::int64_t> both = read_whole(at, range, issues);
    if (!both) return std::nullopt;
    return std::array<Index, 2>{*both, *both};
  }
  if (at.value.size() != 2) {
    issues.add(at.place, "expected two numbers, [height, width], got a list of " +
                             std::to_string(at.value.size()));
    return std::nullopt;
  }
  const std::string first_place = at.place + ".0";
  const std::string second_place = at.place + ".1";
  const std::optional<std::int64_t> height = read_whole({at.value[0], first_place}, range, issues);
  const std::optional<std::int64_t> width = read_whole({at.value[1], second_place}, range, issues);
  if (!height || !width) return std::nullopt;
  return std::array<Index, 2>{*height, *width};
}

std::optional<Activation> read_activation(const Located& at, IssueList& issues) {
  const std::optional<std::string> name = name_in(at, "name", issues);
  if (!name) return std::nullopt;
  const ActivationRow* row = find_activation(*name);
  if (row == nullptr) {
    report_unknown(at.place, "activation", *name, activation_names(),
                   "see: initbench list activations", issues);
    return std::nullopt;
  }
  Activation activation{.kind = row->kind, .parameter = row->default_parameter};
  if (!at.value.is_object()) return activation;
  std::vector<std::string_view> known{"name"};
  if (!row->parameter.empty()) known.push_back(row->parameter);
  report_unknown_keys(at, known, issues);
  const auto found = at.value.find(std::string(row->parameter));
  if (row->parameter.empty() || found == at.value.end()) return activation;
  const std::string place = at.place + "." + std::string(row->parameter);
  const std::optional<double> parameter =
      read_real({*found, place}, RealRange{.minimum = -RealRange{}.maximum}, issues);
  if (!parameter) return std::nullopt;
  activation.parameter = *parameter;
  return activation;
}

std::optional<InitChoice> read_scheme(const Located& at, Tensor tensor, IssueList& issues) {
  const std::optional<std::string> name = name_in(at, "scheme", issues);
  if (!name) return std::nullopt;
  const std::vector<std::string_view> fitting = scheme_names(tensor);
  const Scheme* scheme = find_scheme(*name);
  if (scheme == nullptr) {
    report_unknown(at.place, "scheme", *name, fitting, "see: initbench list schemes", issues);
    return std::nullopt;
  }
  if (tensor == Tensor::weights ? !scheme->for_weights : !scheme->for_biases) {
    const std::string what = tensor == Tensor::weights ? "weights" : "biases";
    issues.add(at.place, "the scheme '" + *name + "' is not for " + what +
                             "; those that are: " + listed(fitting));
    return std::nullopt;
  }
  std::vector<std::string_view> known{"scheme"};
  for (const SchemeParameter& parameter : scheme->parameters) known.push_back(parameter.name);
  if (at.value.is_object()) report_unknown_keys(at, known, issues);
  std::vector<NamedArgument> arguments;
  for (const SchemeParameter& parameter : scheme->parameters) {
    const std::string key(parameter.name);
    const auto found = at.value.find(key);  // a bare name has none
    if (found == at.value.end()) continue;
    const std::string place = at.place + "." + key;
    std::optional<NamedArgument> argument = read_argument({*found, place}, *scheme, key, issues);
    if (argument) arguments.push_back(std::move(*argument));
  }
  try {
    return choose(scheme->name, arguments);
  } catch (const ConfigError& error) {  // arguments that do not fit each other, or are missing
    issues.add(error, at.place);
    return std::nullopt;
  }
}

std::optional<Padding> read_padding(const Located& at, IssueList& issues) {
  if (!at.value.is_string()) {
    const std::optional<std::array<Index, 2>> amount =
        read_pair(at, WholeRange{0, kLargestExtent}, issues);
    if (!amount) return std::nullopt;
    return Padding{.mode = PaddingMode::explicit_amount, .amount = *amount};
  }
  for (const Choice<PaddingMode>& choice : padding_choices()) {
    if (at.value == choice.name) return Padding{.mode = choice.value};
  }
  std::vector<std::string_view> names;
  for (const Choice<PaddingMode>& choice : padding_choices()) names.push_back(choice.name);
  report_unknown(at.place, "padding", at.value.get<std::string>(), names,
                 "or give the number of zeros at each side", issues);
  return std::nullopt;
}

void read_scale(const Located& at, Index blocks, ResidualSpec& spec, IssueList& issues) {
  const RealRange any{.minimum = -RealRange{}.maximum};
  if (at.value == kScaleByBlocks) {
    spec.scale = 1.0 / std::sqrt(static_cast<double>(blocks));
    return;
  }
  const bool learned = at.value.is_object() && at.value.size() == 1 && at.value.contains("learned");
  if (!at.value.is_number() && !learned) {
    report_expected(at, "a number, \"1/sqrt(blocks)\", or {\"learned\": start}", issues);
    return;
  }
  const std::string place = learned ? at.place + ".learned" : at.place;
  const std::optional<double> scale =
      read_real({learned ? at.value.at("learned") : at.value, place}, any, issues);
  if (!scale) return;
  spec.scale = *scale;
  spec.learned_scale = learned;
}

std::string listed(std::span<const std::string_view> names) {
  constexpr std::size_t kMost = 24;
  std::string text;
  for (const std::string_view name : names.first(std::min(kMost, names.size()))) {
    text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return names.size() > kMost ? text + ", ..." : text;
}

void report_unknown(const std::string& place, std::string_view what, std::string_view word,
                    std::span<const std::string_view> names, std::string_view remedy,
                    IssueList& issues) {
  std::string message = "unknown " + std::string(what) + " '" + std::string(word) + "'";
  message += did_you_mean(word, names);
  issues.add(place, message + (message.back() == '?' ? " " : "; ") + std::string(remedy));
}

void report_unknown_keys(const Located& at, std::span<const std::string_view> known,
                         IssueList& issues) {
  for (const auto& item : at.value.items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    const std::string place = at.place.empty() ? item.key() : at.place + "." + item.key();
    const std::string remedy = remedy_for_key(item.key());
    std::string message = "unknown key" + did_you_mean(item.key(), known);
    if (!remedy.empty()) message = "unknown key; " + remedy;
    if (remedy.empty() && message.back() != '?') message += "; known here: " + listed(known);
    issues.add(place, message);
  }
}

}  // namespace initbench
