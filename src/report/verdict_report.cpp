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

std::string evidence(const Finding& finding) {
  const ConditionRow& row = condition_row(finding.condition);
  std::string text;
  if (std::isnan(finding.value)) {
    text = "a number stopped being finite";
  } else {
    text = std::string(row.figure) + ": " + short_number(finding.value) + ", threshold " +
           short_number(finding.threshold);
  }
  std::string place = finding.step == 0 ? "at initialization" : "at step ";
  if (finding.step > 0) place += std::to_string(finding.step);
  using enum Condition;
  const bool grows_from_there =
      finding.condition == exploding_activations || finding.condition == vanishing_activations;
  if (!finding.layer.empty()) {
    place += (grows_from_there ? ", beyond it from layer " : ", layer ") + finding.layer;
  }
  return text + " (" + place + ")";
}

}  // namespace

std::string shell_quoted(const std::string& setting) {
  const bool plain = setting.find_first_of("*{\" ") == std::string::npos;
  return plain ? setting : "'" + setting + "'";
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
                    {"threshold", json_number(finding.threshold)}});
  }
  return list;
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
                        .threshold = read_double(finding.at("threshold"))});
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
          {"advice", advice}};
}

Verdict read_verdict(const Json& json) {
  Verdict verdict{.findings = read_findings(json.at("findings")),
                  .overcome = read_findings(json.at("overcome")),
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
  if (verdict.advice) {
    text += "try      ";
    for (const std::string& setting : verdict.advice->settings)
      text += " --set " + shell_quoted(setting);
    text.append("\n").append(kIndent).append(verdict.advice->effect) += "\n";
  }
  for (const Finding& finding : verdict.overcome) {
    text.append(kIndent).append(condition_row(finding.condition).name);
    text.append(" was found, but training overcame it: ").append(evidence(finding)) += "\n";
  }
  return text;
}

}  // namespace initbench
