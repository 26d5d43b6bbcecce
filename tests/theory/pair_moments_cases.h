/// E[(phi(u) - phi(v))^2] / 2 and E[phi'(u) phi'(v)] of activations without closed forms, at their
/// default parameters, computed elsewhere to 13 digits.
#pragma once

#include <string>
#include <vector>

namespace initbench {

struct PairMomentCase {
  std::string activation;
  double q = 0;
  double gap = 0;  // 1 - correlation of u and v
  double half_squared_difference = 0;
  double slope_covariance = 0;
};

const std::vector<PairMomentCase>& pair_moment_cases();

}  // namespace initbench
