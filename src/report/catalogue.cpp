#include "report/catalogue.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/suggest.h"
#include "nn/activation.h"
#include "report/catalogue_entries.h"
#include "report/cell_table.h"
#include "report/csv.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

/// "mode = fan_in (fan_in | fan_out)".
std::string parameter_text(const Json& parameter);

/// A value in words; empty for nothing and for "no".
std::string value_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "";
  if (value.is_number_float()) return cell(value.get<double>());
  if (value.is_object()) return parameter_text(value);
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& element : value) {
    if (!text.empty()) text += ", ";
    text += value_text(element);
  }
  return text;
}

std::string parameter_text(const Json& parameter) {
  std::string text = value_text(parameter.at("name"));
  if (parameter.value("required", false)) return text + " (required)";
  text += " = " + value_text(parameter.at("default"));
  if (!parameter.contains("choices") || parameter["choices"].empty()) return text;
  std::string choices = parameter.at("number_allowed").get<bool>() ? "a number" : "";
  bool activations = false;  // all of them are one entry
  for (const Json& choice : parameter.at("choices")) {
    const bool is_activation = find_activation(value_text(choice)) != nullptr;
    if (is_activation && std::exchange(activations, true)) continue;
    choices += choices.empty() ? "" : " | ";
    choices += is_activation ? "an activation" : value_text(choice);
  }
  return text + " (" + choices + ")";
}

/// "key   words", the words broken into lines that all begin in the same column.
std::string wrapped_entry(std::string_view key, std::string_view words) {
  constexpr std::size_t kWordsColumn = 18;
  constexpr std::size_t kLineLength = 100;
  std::string text = "    ";
  text.append(key).append(" ");
  std::size_t column = text.size();
  if (column < kWordsColumn) {
    text.append(kWordsColumn - column, ' ');
    column = kWordsColumn;
  }
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::string_view word = words.substr(begin, words.find(' ', begin) - begin);
    if (begin > 0 && column + 1 + word.size() > kLineLength) {
      text.append("\n").append(kWordsColumn, ' ');
      column = kWordsColumn;
    } else if (begin > 0) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
    begin += word.size() + 1;
  }
  return text += '\n';
}

std::string as_text(const CatalogueSubject& subject) {
  std::string text(subject.name);
  text += '\n';
  for (const Json& entry : subject.entries()) {
    for (const auto& [key, value] : entry.items()) {
      const std::string words = value_text(value);
      if (words.empty()) continue;
      if (key == "name") {
        text.append("\n  ").append(words).append("\n");
      } else {
        text += wrapped_entry(key, words);
      }
    }
  }
  return text += '\n';
}

std::string as_markdown(const CatalogueSubject& subject) {
  const Json entries = subject.entries();
  std::string text = "## " + std::string(subject.name) + "\n\n|";
  std::string rule = "|";
  for (const auto& [key, value] : entries.at(0).items()) {
    text += " " + key + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const Json& entry : entries) {
    text += "|";
    for (const auto& [key, value] : entry.items()) {
      const std::string words = markdown_cell(value_text(value));
      text += key == "name" ? " `" + words + "` |" : " " + words + " |";
    }
    text += "\n";
  }
  return text + "\n";
}

std::vector<const CatalogueSubject*> chosen_subjects(std::string_view name) {
  std::vector<const CatalogueSubject*> chosen;
  std::vector<std::string_view> names;
  for (const CatalogueSubject& subject : catalogue_subject_table()) {
    names.push_back(subject.name);
    if (name.empty() || name == subject.name) chosen.push_back(&subject);
  }
  if (!chosen.empty()) return chosen;
  throw ConfigError("", "unknown subject '" + std::string(name) + "'" + did_you_mean(name, names) +
                            " (there are: " + catalogue_subjects() + ")");
}

}  // namespace

std::string catalogue_subjects() {
  std::string names;
  for (const CatalogueSubject& subject : catalogue_subject_table()) {
    if (!names.empty()) names += ", ";
    names += subject.name;
  }
  return names;
}

std::string catalogue(std::string_view subject, CatalogueFormat format) {
  const std::vector<const CatalogueSubject*> chosen = chosen_subjects(subject);
  if (format == CatalogueFormat::json) {
    Json document = Json::object();
    for (const CatalogueSubject* one : chosen) document[std::string(one->name)] = one->entries();
    // One subject is a list; all of them are an object of lists.
    return (subject.empty() ? document : document.front()).dump(2) + "\n";
  }
  std::string text;
  for (const CatalogueSubject* one : chosen) {
    text += format == CatalogueFormat::markdown ? as_markdown(*one) : as_text(*one);
  }
  return text;
}

}  // namespace initbench
