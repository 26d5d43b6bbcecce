#include "theory/jacobian.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "theory/gaussian_moments.h"

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

JacobianSpectrum jacobian_spectrum(const Activation& activation, const WeightScale& scale, double q,
                                   int depth, WeightEnsemble ensemble) {
  expects(depth >= 0, "depth >= 0");
  const GaussianMoments moments = gaussian_moments(activation, q);
  const double per_layer =
      moments.slope_spread + (ensemble == WeightEnsemble::gaussian ? 1.0 : 0.0);
  return {.mean = std::pow(scale.sigma_w2 * moments.slope_second_moment, depth),
          .relative_variance = depth * per_layer};
}

}  // namespace initbench
