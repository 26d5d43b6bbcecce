/// Collects what is wrong with a config, so that all of it is told at once.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"

namespace initbench {

class IssueList {
 public:
  /// Copies of a repeated layer have the same place: what is wrong with all of them is told once.
  void add(const std::string& place, const std::string& message) {
    if (!seen_.insert({place, message}).second) return;
    issues_.push_back({place, layer_.empty() ? message : message + " (layer " + layer_ + ")"});
  }
  void add(const ConfigError& error, const std::string& place) {
    for (const ConfigIssue& issue : error.issues()) add(place, issue.message);
  }

  /// The layer that issues are about from now on; empty: none.
  void set_layer(std::string name) { layer_ = std::move(name); }

  std::size_t size() const { return issues_.size(); }
  /// Throws a ConfigError with all issues, if there are any.
  void throw_if_any() const {
    if (!issues_.empty()) throw ConfigError(issues_);
  }

 private:
  std::vector<ConfigIssue> issues_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::string layer_;
};

}  // namespace initbench
