/// Small configs, and what is wrong with one, for the tests of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "experiment/config_json.h"

namespace initbench {

/// A config that sets nothing but what it must.
inline constexpr std::string_view kSmallest = R"({"model": {"layers": [{"type": "output"}]}})";

/// A config with the given layers.
inline std::string with_layers(const std::string& layers) {
  return R"({"model": {"layers": [)" + layers + "]}}";
}

/// A config with the given settings of `train`.
inline std::string with_train(const std::string& train) {
  return R"({"model": {"layers": [{"type": "output"}]}, "train": {)" + train + "}}";
}

inline ExperimentConfig read(std::string_view text, const std::vector<Override>& overrides = {}) {
  return read_config(text, "test.json", overrides);
}

/// "PLACE: MESSAGE" for each issue of a config; empty when it has none.
inline std::vector<std::string> issues_of(std::string_view text,
                                          const std::vector<Override>& overrides = {}) {
  std::vector<std::string> lines;
  try {
    read(text, overrides);
  } catch (const ConfigError& error) {
    for (const ConfigIssue& issue : error.issues()) {
      lines.push_back(issue.place + ": " + issue.message);
    }
  }
  return lines;
}

/// The only issue of a config, or a text that says how many there are.
inline std::string issue_of(std::string_view text, const std::vector<Override>& overrides = {}) {
  const std::vector<std::string> issues = issues_of(text, overrides);
  if (issues.size() == 1) return issues[0];
  std::string text_of_all = std::to_string(issues.size()) + " issues";
  for (const std::string& issue : issues) text_of_all += "\n" + issue;
  return text_of_all;
}

}  // namespace initbench
