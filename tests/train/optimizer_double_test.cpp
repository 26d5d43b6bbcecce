#include <gtest/gtest.h>

#include "train/optimizer_descent.h"

namespace initbench {
namespace {

TEST(ApplyUpdate, FollowsPyTorchStepByStep) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    expect_weights(descend(reference.spec, 1, 1).values, reference.after_1, 1e-13, reference.name);
    expect_weights(descend(reference.spec, 2, 1).values, reference.after_2, 1e-13, reference.name);
    expect_weights(descend(reference.spec, 7, 1).values, reference.after_7, 1e-13, reference.name);
  }
}

TEST(ApplyUpdate, TreatsEveryWeightOfALargeBufferAlike) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    expect_weights(descend(reference.spec, 7, 311).values, reference.after_7, 1e-13,
                   reference.name);
  }
}

}  // namespace
}  // namespace initbench
