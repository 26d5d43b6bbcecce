/// The errors a user can meet, by whose fault they are, and the check for a programmer's.
///
/// ConfigError ends with exit code 2, DataError with 4, OutputError with 5, anything else with 1.
/// A NaN or infinite loss is a result, not an error.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace initbench {

/// One thing wrong in a configuration: where (a path such as "model.layers.conv2.kernel"; empty for
/// the whole file) and what, with the remedy.
struct ConfigIssue {
  std::string place;
  std::string message;
};

/// The user's configuration or command line is wrong. Holds every issue found, at least one.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(std::string place, std::string message);
  explicit ConfigError(std::vector<ConfigIssue> issues);
  const std::vector<ConfigIssue>& issues() const { return issues_; }

 private:
  std::vector<ConfigIssue> issues_;
};

/// A data file is missing or corrupt. `what()` starts with the path.
class DataError : public std::runtime_error {
 public:
  DataError(const std::string& path, const std::string& message);
};

/// A result could not be written. `what()` starts with the path.
class OutputError : public std::runtime_error {
 public:
  OutputError(const std::string& path, const std::string& message);
};

/// Throws std::logic_error naming `what` when a programmer's precondition does not hold. On in all
/// builds.
inline void expects(bool condition, std::string_view what) {
  if (!condition) throw std::logic_error("precondition violated: " + std::string(what));
}

}  // namespace initbench
