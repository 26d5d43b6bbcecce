#include "report/verdict_report.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "report/json_number.h"
#include "report/text_table.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kIndent = "          ";

double read_double(const Json& json) {
  return read_number(json).value_or(std::numeric_limits<double>::quiet_NaN());
}

std::optional<FigureAt> read_figure(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return FigureAt{.layer = json.at("layer").get<std::string>(),
                  .value = read_double(json.at("value"))};
}

/// "rms of the signal over that of the data: 0.0091 at dense7, 1.7e-05 at dense30, threshold 0.01".
std::string figure_text(const Finding& finding) {
  if (std::isnan(finding.value)) return "a number stopped being finite";
  std::string text(condition_row(finding.condition).figure);
  const auto add = [&](std::string_view before, double value, const std::string& layer) {
    text.append(before).append(short_number(value));
    if (!layer.empty()) text.append(" at ").append(layer);
  };
  add(": ", finding.value, finding.layer);
  if (finding.worst) add(", ", finding.worst->value, finding.worst->layer);
  text += ", threshold " + short_number(finding.threshold);
  const bool falls = finding.value < finding.threshold;
  const bool chance_goes_further = finding.chance && (falls ? *finding.chance < finding.threshold
                                                            : *finding.chance > finding.threshold);
  if (chance_goes_further) text += ", " + short_number(*finding.chance) + " by chance of widths";
  return text;
}

std::string evidence(const Finding& finding) {
  std::string place = finding.step == 0 ? "at initialization" : "at step ";
  if (finding.step > 0) place += std::to_string(finding.step);
  const bool is_named = !std::isnan(finding.value) || finding.layer.empty();
  if (!is_named) place += ", layer " + finding.layer;
  return figure_text(finding) + " (" + place + ")";
}

/// Empty where chance hardly matters.
std::string width_text(const WidthChance& chance) {
  constexpr double kMuch = 1e5;
  if (chance.largest < kMuch * chance.smallest) return "";
  return "widths    so few units in so many layers: chance alone takes the signal to between " +
         short_number(chance.smallest) + " and\n" + std::string(kIndent) +
         short_number(chance.largest) +
         " times what it should be, which is no finding; other seeds may differ as much\n";
}

}  // namespace

std::string shell_quoted(const std::string& setting) {
  const bool plain = setting.find_first_of("*{\" ") == std::string::npos;
  return plain ? setting : "'" + setting + "'";
}

std::string set_flags(const std::vector<std::string>& settings) {
  std::string text;
  for (const std::string& setting : settings) {
    text.append(text.empty() ? "" : " ").append("--set ").append(shell_quoted(setting));
  }
  return text;
}

Json to_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    const ConditionRow& row = condition_row(finding.condition);
    list.push_back({{"condition", row.name},
                    {"layer", finding.layer.empty() ? Json(nullptr) : Json(finding.layer)},
                    {"step", finding.step},
                    {"figure", row.figure},
                    {"value", json_number(finding.value)},
                    {"threshold", json_number(finding.threshold)},
                    {"worst", nullptr},
                    {"chance", json_number(finding.chance)}});
    if (!finding.worst) continue;
    list.back()["worst"] = {{"layer", finding.worst->layer},
                            {"value", json_number(finding.worst->value)}};
  }
  return list;
}

Json to_json(const WidthChance& chance) {
  return {{"smallest", json_number(chance.smallest)}, {"largest", json_number(chance.largest)}};
}

WidthChance read_width_chance(const Json& json) {
  if (json.is_null()) return {};
  return {.smallest = read_double(json.at("smallest")), .largest = read_double(json.at("largest"))};
}

std::vector<Finding> read_findings(const Json& json) {
  std::vector<Finding> findings;
  for (const Json& finding : json) {
    const ConditionRow* row = find_condition(finding.at("condition").get<std::string>());
    if (row == nullptr) throw std::invalid_argument("no condition of a run");
    const Json& layer = finding.at("layer");
    findings.push_back({.condition = row->condition,
                        .layer = layer.is_null() ? "" : layer.get<std::string>(),
                        .step = finding.at("step").get<std::int64_t>(),
                        .value = read_double(finding.at("value")),
                        .threshold = read_double(finding.at("threshold")),
                        .worst = read_figure(finding.value("worst", Json())),
                        .chance = read_number(finding.value("chance", Json()))});
  }
  return findings;
}

Json to_json(const Verdict& verdict) {
  Json advice = nullptr;
  if (verdict.advice) {
    advice = {{"set", verdict.advice->settings}, {"effect", verdict.advice->effect}};
  }
  return {{"verdict", verdict.name()},
          {"findings", to_json(verdict.findings)},
          {"overcome", to_json(verdict.overcome)},
          {"width_chance", to_json(verdict.width_chance)},
          {"advice", advice}};
}

Verdict read_verdict(const Json& json) {
  Verdict verdict{.findings = read_findings(json.at("findings")),
                  .overcome = read_findings(json.at("overcome")),
                  .width_chance = read_width_chance(json.value("width_chance", Json())),
                  .advice = std::nullopt};
  const Json& advice = json.at("advice");
  if (!advice.is_null()) {
    verdict.advice = {.settings = advice.at("set").get<std::vector<std::string>>(),
                      .effect = advice.at("effect").get<std::string>()};
  }
  return verdict;
}

std::string condition_list(const Verdict& verdict) {
  if (verdict.findings.empty()) return std::string(kHealthy);
  std::string list;
  for (const Finding& finding : verdict.findings) {
    if (!list.empty()) list += ", ";
    list += condition_row(finding.condition).name;
  }
  return list;
}

std::string verdict_text(const Verdict& verdict) {
  std::string text = "verdict   " + condition_list(verdict) + "\n";
  for (const Finding& finding : verdict.findings) {
    const ConditionRow& row = condition_row(finding.condition);
    text.append(kIndent).append(row.name).append(": ").append(evidence(finding)) += "\n";
    text.append(kIndent).append("  ").append(row.meaning) += "\n";
  }
  text += width_text(verdict.width_chance);
  if (verdict.advice) {
    text.append("try       ").append(set_flags(verdict.advice->settings));
    text.append("\n").append(kIndent).append(verdict.advice->effect) += "\n";
  }
  for (const Finding& finding : verdict.overcome) {
    text.append(kIndent).append(condition_row(finding.condition).name);
    text.append(" was found, but training overcame it: ").append(evidence(finding)) += "\n";
  }
  return text;
}

}  // namespace initbench
