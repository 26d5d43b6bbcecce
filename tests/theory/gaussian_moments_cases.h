/// E[phi^2] and E[phi'^2] of every activation at its default parameter, computed elsewhere to 16
/// digits.
#pragma once

#include <string>
#include <vector>

namespace initbench {

struct GaussianMomentCase {
  std::string activation;
  double q = 0;
  double second_moment = 0;
  double slope_second_moment = 0;
};

const std::vector<GaussianMomentCase>& gaussian_moment_cases();

}  // namespace initbench
