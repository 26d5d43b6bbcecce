/// Convolution as its definition reads, one multiplication after the other, always in double:
/// what the fast passes are tested against, and what the double-precision build runs.
#pragma once

#include <Eigen/Core>

#include "nn/convolution.h"

namespace initbench::naive {

using ConstMatrix = const Eigen::Ref<const Eigen::MatrixXd>&;
using ConstVector = const Eigen::Ref<const Eigen::VectorXd>&;

/// y = conv(x, weight) + bias; sizes as in `initbench::convolution_forward`.
void convolution_forward(const ConvolutionGeometry& geometry, ConstVector weight, ConstVector bias,
                         ConstMatrix x, Eigen::Ref<Eigen::MatrixXd> y);

/// dx = d loss / d x, or dx += ... .
void convolution_backward_data(const ConvolutionGeometry& geometry, ConstVector weight,
                               ConstMatrix dy, Eigen::Ref<Eigen::MatrixXd> dx,
                               Accumulate accumulate);

/// dweight, dbias = d loss / d weight, d bias (overwritten); dbias may have size 0.
void convolution_backward_weights(const ConvolutionGeometry& geometry, ConstMatrix x,
                                  ConstMatrix dy, Eigen::Ref<Eigen::VectorXd> dweight,
                                  Eigen::Ref<Eigen::VectorXd> dbias);

}  // namespace initbench::naive
