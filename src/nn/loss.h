/// Softmax cross entropy and mean squared error, with their gradients.
#pragma once

#include <cstdint>
#include <span>

#include "base/types.h"

namespace initbench {

enum class Loss { cross_entropy, mse };

/// Loss and number of correct samples of one batch (`correct` is 0 for regression).
struct BatchLoss {
  double loss = 0;
  Index correct = 0;
};

/// Mean over the batch of -log softmax(logits)[label]; accumulated in double. Fills gradient
/// (classes x batch) with d loss / d logits unless it is empty. A sample is correct when its label
/// has the largest logit (the first of equals); never when that logit is NaN.
BatchLoss cross_entropy(ConstMatrixView logits, std::span<const std::int32_t> labels,
                        MatrixView gradient);

/// Mean over batch and targets of (prediction - target)^2, as torch.nn.MSELoss; gradient as above.
BatchLoss mean_squared_error(ConstMatrixView predictions, ConstMatrixView targets,
                             MatrixView gradient);

/// The one of the two that `loss` names; the other one's answers are not looked at.
BatchLoss batch_loss(Loss loss, ConstMatrixView outputs, std::span<const std::int32_t> labels,
                     ConstMatrixView targets, MatrixView gradient);

}  // namespace initbench
