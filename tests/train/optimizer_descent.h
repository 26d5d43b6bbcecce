/// Runs an optimizer down the quadratic loss of the reference trajectories.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "train/optimizer.h"
#include "train/optimizer_reference.h"

namespace initbench {

struct Descent {
  Vector values;
  OptimizerState state;
};

inline void advance(const OptimizerSpec& spec, int steps, Descent& descent) {
  Vector gradient(descent.values.size());
  for (int step = 0; step < steps; ++step) {
    for (Index i = 0; i < gradient.size(); ++i) {
      const auto k = static_cast<std::size_t>(i) % kStart.size();
      gradient(i) = static_cast<Scalar>(kCurvature[k]) *
                    (descent.values(i) - static_cast<Scalar>(kTarget[k]));
    }
    apply_update(spec, spec.lr, gradient, descent.state, descent.values);
  }
}

/// `copies` of the reference's five weights, side by side.
inline Descent descend(const OptimizerSpec& spec, int steps, Index copies) {
  Descent descent{Vector(copies * static_cast<Index>(kStart.size())), {}};
  for (Index i = 0; i < descent.values.size(); ++i) {
    descent.values(i) = static_cast<Scalar>(kStart[static_cast<std::size_t>(i) % kStart.size()]);
  }
  advance(spec, steps, descent);
  return descent;
}

inline void expect_weights(const Vector& values, const Weights& expected, double tolerance,
                           const char* name) {
  for (Index i = 0; i < values.size(); ++i) {
    const double wanted = expected[static_cast<std::size_t>(i) % expected.size()];
    ASSERT_NEAR(values(i), wanted, tolerance * std::max(1.0, std::abs(wanted)))
        << name << ", weight " << i;
  }
}

}  // namespace initbench
