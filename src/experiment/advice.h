/// What to try instead of a config that was found wanting: settings for `--set`, with what theory
/// predicts for the changed network where it applies.
#pragma once

#include <optional>

#include "data/dataset.h"
#include "experiment/config.h"
#include "probe/run_evidence.h"
#include "probe/verdict.h"

namespace initbench {

/// Empty for a healthy verdict, and when nothing that is known helps.
std::optional<Advice> advice_on(const Verdict& verdict, const RunEvidence& evidence,
                                const ExperimentConfig& config, const DataSplits& data);

}  // namespace initbench
