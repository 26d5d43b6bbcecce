#include "nn/activation.h"

#include <array>

#include "base/errors.h"

namespace initbench {

void activation_forward(const Activation& activation, ConstMatrixView z, MatrixView a) {
  expects(z.size() == a.size(), "an activation keeps the shape");
  activation_row(activation.kind).forward(activation.parameter, z.data(), a.data(), z.size());
}

void activation_backward(const Activation& activation, ConstMatrixView z, ConstMatrixView a,
                         ConstMatrixView da, MatrixView dz) {
  expects(z.size() == a.size() && z.size() == da.size() && z.size() == dz.size(),
          "an activation keeps the shape");
  activation_row(activation.kind)
      .backward(activation.parameter, z.data(), a.data(), da.data(), dz.data(), z.size());
}

double prelu_slope_gradient(ConstMatrixView z, ConstMatrixView da) {
  expects(z.size() == da.size(), "an activation keeps the shape");
  constexpr Index kLanes = 16;  // independent sums, so that vector registers keep the fixed order
  std::array<double, kLanes> sums{};
  const auto term = [&](Index i) {
    const Scalar at = z.data()[i];
    return at > 0 ? 0.0 : static_cast<double>(at) * static_cast<double>(da.data()[i]);
  };
  Index i = 0;
  for (; i + kLanes <= z.size(); i += kLanes) {
    for (Index lane = 0; lane < kLanes; ++lane) {
      sums[static_cast<std::size_t>(lane)] += term(i + lane);
    }
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  for (; i < z.size(); ++i) total += term(i);
  return total;
}

}  // namespace initbench
