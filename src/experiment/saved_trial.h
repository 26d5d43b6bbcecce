/// A trial between two updates as tensors of a file, and back.
///
/// The network's tensors have PyTorch's names and layouts, and their values are those that are
/// trained: factors of a parametrization (NTK's, muP's) are not multiplied in. The
/// optimizer's memories have their parameters' names after "optimizer.first." (momentum, or first
/// moment) and "optimizer.second.". Batches and dropout follow from the step.
#pragma once

#include "experiment/safetensors.h"
#include "experiment/trial.h"

namespace initbench {

SafetensorsContent pause_tensors(const TrialPause& pause);

/// Puts the saved tensors into a network of the same config, and returns where its training goes
/// on. Throws DataError for a tensor that is missing or has another size.
TrainState restore(const SavedTrial& saved, Network& network);

}  // namespace initbench
