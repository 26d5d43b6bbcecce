#include "nn/activation.h"

#include "base/errors.h"
#include "base/lane_sum.h"
#include "nn/threads.h"

namespace initbench {

void activation_forward(const Activation& activation, ConstMatrixView z, MatrixView a) {
  expects(z.size() == a.size(), "an activation keeps the shape");
  const ActivationRow& row = activation_row(activation.kind);
  for_each_part(z.size(), [&](Index begin, Index size) {
    row.forward(activation.parameter, z.data() + begin, a.data() + begin, size);
  });
}

void activation_backward(const Activation& activation, ConstMatrixView z, ConstMatrixView a,
                         ConstMatrixView da, MatrixView dz) {
  expects(z.size() == a.size() && z.size() == da.size() && z.size() == dz.size(),
          "an activation keeps the shape");
  const ActivationRow& row = activation_row(activation.kind);
  for_each_part(z.size(), [&](Index begin, Index size) {
    row.backward(activation.parameter, z.data() + begin, a.data() + begin, da.data() + begin,
                 dz.data() + begin, size);
  });
}

double prelu_slope_gradient(ConstMatrixView z, ConstMatrixView da) {
  expects(z.size() == da.size(), "an activation keeps the shape");
  return lane_sum(static_cast<std::size_t>(z.size()), [&](std::size_t i, double sum) {
    const Scalar at = z.data()[i];
    return at > 0 ? sum : sum + static_cast<double>(at) * static_cast<double>(da.data()[i]);
  });
}

}  // namespace initbench
