/// One table of each activation that was asked for.
#pragma once

#include <algorithm>
#include <deque>

#include "nn/activation.h"

namespace initbench {

/// `Table` is made of an activation, and has it as activation().
template <typename Table>
class ByActivation {
 public:
  Table& of(const Activation& activation) {
    const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const Table& table) {
      return table.activation() == activation;
    });
    return found != tables_.end() ? *found : tables_.emplace_back(activation);
  }

 private:
  std::deque<Table> tables_;  // where a new one moves no other
};

}  // namespace initbench
