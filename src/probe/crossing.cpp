#include "probe/crossing.h"

#include <algorithm>

namespace initbench {

std::optional<Crossing> last_fall(const std::vector<FigureAt>& figures, double threshold,
                                  double chance) {
  if (figures.empty() || !(figures.back().value < std::min(threshold, chance))) return std::nullopt;
  auto begin = figures.end() - 1;
  while (begin != figures.begin() && (begin - 1)->value < threshold) --begin;
  return Crossing{.begin = *begin, .worst = figures.back()};
}

std::optional<Crossing> last_rise(const std::vector<FigureAt>& figures, double threshold,
                                  double chance) {
  if (figures.empty() || !(figures.back().value > std::max(threshold, chance))) return std::nullopt;
  auto begin = figures.end() - 1;
  while (begin != figures.begin() && (begin - 1)->value > threshold) --begin;
  return Crossing{.begin = *begin, .worst = figures.back()};
}

}  // namespace initbench
