#include "report/curve_figures.h"

#include <algorithm>
#include <cmath>

namespace initbench {

std::optional<double> train_loss_area(std::span<const CurvePoint> curve) {
  const CurvePoint* last = nullptr;
  double area = 0;
  std::size_t points = 0;
  for (const CurvePoint& point : curve) {
    if (point.split != Split::train) continue;
    if (last != nullptr) {
      area += static_cast<double>(point.step - last->step) * (point.loss + last->loss) / 2;
    }
    last = &point;
    ++points;
  }
  return points < 2 ? std::nullopt : std::optional(area);
}

std::optional<double> lowest_test_loss(std::span<const CurvePoint> curve) {
  std::optional<double> lowest;
  for (const CurvePoint& point : curve) {
    if (point.split != Split::test || !std::isfinite(point.loss)) continue;
    lowest = std::min(lowest.value_or(point.loss), point.loss);
  }
  return lowest;
}

std::optional<std::int64_t> steps_to(double accuracy, std::span<const CurvePoint> curve) {
  for (const CurvePoint& point : curve) {
    if (point.split == Split::test && point.accuracy && *point.accuracy >= accuracy) {
      return point.step;
    }
  }
  return std::nullopt;
}

}  // namespace initbench
