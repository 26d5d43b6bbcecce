/// Every activation of the table as the parameter of a test suite.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "nn/activation.h"

namespace initbench::testing {

inline std::vector<const ActivationRow*> activation_rows() {
  std::vector<const ActivationRow*> rows;
  for (const ActivationRow& row : activation_table()) rows.push_back(&row);
  return rows;
}

inline std::string name_of_row(const ::testing::TestParamInfo<const ActivationRow*>& instance) {
  return std::string(instance.param->name);
}

}  // namespace initbench::testing
