/// Offset and scale of a data set's inputs, from the training samples.
#pragma once

#include "data/data_spec.h"

namespace initbench {

/// Sets `offset` and `scale` of both sets from the statistics of `train`, computed in double.
/// Whatever is constant over the training set becomes 0, in the test set too.
void normalize(Normalize how, Dataset& train, Dataset& test);

}  // namespace initbench
