/// Figures of a whole training, from its curves.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "report/stored_run.h"

namespace initbench {

/// Under the logged training losses over steps, by trapezoids; empty with fewer than two of them.
std::optional<double> train_loss_area(std::span<const CurvePoint> curve);

/// Of the test set; empty without a finite one.
std::optional<double> lowest_test_loss(std::span<const CurvePoint> curve);

/// Updates before the test set first had this accuracy; empty when it never had.
std::optional<std::int64_t> steps_to(double accuracy, std::span<const CurvePoint> curve);

}  // namespace initbench
