#include "base/errors.h"

#include <utility>

namespace initbench {
namespace {

std::string joined(const std::vector<ConfigIssue>& issues) {
  std::string text;
  for (const ConfigIssue& issue : issues) {
    if (!text.empty()) text += '\n';
    text += issue.place.empty() ? issue.message : issue.place + ": " + issue.message;
  }
  return text;
}

}  // namespace

ConfigError::ConfigError(std::string place, std::string message)
    : ConfigError(std::vector<ConfigIssue>{{std::move(place), std::move(message)}}) {}

ConfigError::ConfigError(std::vector<ConfigIssue> issues)
    : std::runtime_error(joined(issues)), issues_(std::move(issues)) {
  expects(!issues_.empty(), "a ConfigError has an issue");
}

DataError::DataError(const std::string& path, const std::string& message)
    : std::runtime_error(path + ": " + message) {}

OutputError::OutputError(const std::string& path, const std::string& message)
    : std::runtime_error(path + ": " + message) {}

}  // namespace initbench
