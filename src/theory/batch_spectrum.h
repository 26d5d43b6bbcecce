/// How alike the units of a layer are in their variance over a batch, by which batch norms divide.
///
/// A unit's variance is Q = sum_k lambda_k g_k^2, g standard normal: lambda are the eigenvalues of
/// the covariance, over samples, of what the layer reads. The fewer count, the more units differ,
/// and the further 1 / E[Q] is below E[1 / Q].
#pragma once

#include <Eigen/Core>

namespace initbench {

/// At most so many of the samples, columns of x.
Eigen::MatrixXd evenly_spaced(const Eigen::MatrixXd& x, Eigen::Index most);

/// Eigenvalues of the samples' Gram matrix around their mean, as shares of its trace: one fewer
/// than samples, zeros included. Of many samples, some stand for all. Size 0 when all samples are
/// alike. x (features x samples).
Eigen::ArrayXd batch_spectrum(const Eigen::MatrixXd& x);

/// The same once what is linear in the samples is only `linear_share` of the Gram matrix, and the
/// rest is each sample's own.
Eigen::ArrayXd mixed_with_noise(const Eigen::ArrayXd& spectrum, double linear_share);

/// Of lambda that sum to 1.
struct InverseMoments {
  /// E[1 / (Q + epsilon)]; infinite for epsilon = 0 and two or fewer lambda that are not 0.
  double mean = 0;
  Eigen::ArrayXd ratios;  // E[g_k^2 / (Q + epsilon)]
};
InverseMoments inverse_moments(const Eigen::ArrayXd& spectrum, double epsilon);

/// E[1 / Q] of eigenvalues that fall as a power of their rank, as those of pictures do, with the
/// given sum of squares (1 over the effective count).
double power_law_inverse(double sum_of_squares);

/// How many equal eigenvalues would be as concentrated: 1 / sum lambda^2.
double effective_count(const Eigen::ArrayXd& spectrum);

}  // namespace initbench
