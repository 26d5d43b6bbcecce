/// Squared singular values of a deep network's input-output Jacobian in the limit of infinite width
/// (Pennington et al. 2017, arXiv:1711.04735): their mean and variance by free probability.
#pragma once

#include <span>

namespace initbench {

enum class WeightEnsemble { gaussian, orthogonal };

struct JacobianSpectrum {
  double mean = 1;               // of squared singular values
  double relative_variance = 0;  // their variance over the squared mean
};

/// One factor diag(phi'(z)) W of a Jacobian.
struct JacobianFactor {
  double inputs = 0;
  double outputs = 0;
  double weight_variance = 0;  // of one entry
  WeightEnsemble ensemble = WeightEnsemble::gaussian;
  double slope_second_moment = 1;  // E[phi'^2]
  double slope_spread = 0;         // Var(phi'^2) / E[phi'^2]^2
};

/// Of a product of independent factors, widths as given. The mean is over as many singular values
/// as there are inputs (zeros included).
JacobianSpectrum jacobian_spectrum(std::span<const JacobianFactor> factors);

}  // namespace initbench
