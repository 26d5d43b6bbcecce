#include "theory/jacobian.h"

#include <algorithm>

namespace initbench {

JacobianSpectrum jacobian_spectrum(std::span<const JacobianFactor> factors) {
  JacobianSpectrum spectrum;
  for (const JacobianFactor& factor : factors) {
    spectrum.mean *= factor.outputs * factor.weight_variance * factor.slope_second_moment;
    // m_2 / m_1^2 of a product of free factors is additive when every one is normalized by the
    // width of the first input: n_0 / n mu_2 / mu_1^2 for normal weights; an orthogonal matrix has
    // no spectrum of its own but for what a projection to fewer dimensions cuts off.
    const double first = factors.front().inputs;
    spectrum.relative_variance += first / factor.outputs * (1 + factor.slope_spread);
    if (factor.ensemble == WeightEnsemble::orthogonal) {
      spectrum.relative_variance -= first / std::max(factor.outputs, factor.inputs);
    }
  }
  return spectrum;
}

}  // namespace initbench
