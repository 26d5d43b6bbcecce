/// Batch and layer normalization with a learned scale and shift per channel.
///
/// Batch normalization: Ioffe & Szegedy 2015, arXiv:1502.03167; layer normalization: Ba et al.
/// 2016, arXiv:1607.06450. For a flat vector every feature is a channel: layer normalization is
/// then torch.nn.LayerNorm(features); on images it is torch.nn.GroupNorm(1, channels).
#pragma once

#include "base/shape.h"
#include "base/types.h"
#include "nn/product.h"

namespace initbench {

inline constexpr double kNormEpsilon = 1e-5;     // PyTorch's default for both
inline constexpr double kRunningMomentum = 0.1;  // PyTorch's BatchNorm default

/// What the backward pass needs: per channel (batch) or per sample (layer), in double.
struct NormStatistics {
  Eigen::VectorXd mean;
  Eigen::VectorXd variance;  // population
};

/// y = scale * (x - mean) / sqrt(variance + eps) + shift with this batch's statistics, over samples
/// and positions, per channel. x, y (shape.features() x batch); scale, shift (shape.channels).
void batch_norm_forward(const Shape& shape, ConstVectorView scale, ConstVectorView shift,
                        ConstMatrixView x, MatrixView y, NormStatistics& statistics);
/// The same with given statistics: at test time the running ones.
void batch_norm_apply(const Shape& shape, ConstVectorView scale, ConstVectorView shift,
                      const NormStatistics& statistics, ConstMatrixView x, MatrixView y);
void batch_norm_backward(const Shape& shape, ConstVectorView scale,
                         const NormStatistics& statistics, ConstMatrixView x, ConstMatrixView dy,
                         MatrixView dx, VectorView dscale, VectorView dshift,
                         Accumulate accumulate);

/// Moves running mean and variance towards this batch's by kRunningMomentum; the variance is the
/// unbiased one, as PyTorch (a single value per channel keeps the population variance 0).
/// running_mean, running_variance (shape.channels).
void update_running_statistics(const NormStatistics& statistics, Index values_per_channel,
                               VectorView running_mean, VectorView running_variance);

/// y = scale * (x - mean) / sqrt(variance + eps) + shift, statistics over all features of each
/// sample.
void layer_norm_forward(const Shape& shape, ConstVectorView scale, ConstVectorView shift,
                        ConstMatrixView x, MatrixView y, NormStatistics& statistics);
void layer_norm_backward(const Shape& shape, ConstVectorView scale,
                         const NormStatistics& statistics, ConstMatrixView x, ConstMatrixView dy,
                         MatrixView dx, VectorView dscale, VectorView dshift,
                         Accumulate accumulate);

}  // namespace initbench
