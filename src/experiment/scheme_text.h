/// The schemes of a config as text.
#pragma once

#include <string>

#include "experiment/config.h"

namespace initbench {

/// Those of its weights as a config spells them, without what their parameters are by default:
/// "kaiming_normal, {"scheme":"orthogonal","gain":30}".
std::string schemes_of(const ExperimentConfig& config);

}  // namespace initbench
