/// The schemes of a config as text.
#pragma once

#include <string>

#include "experiment/config.h"
#include "experiment/json_text.h"

namespace initbench {

/// A scheme in the form of a config, {"scheme": ..., ...}, without what its parameters are by
/// default; its name alone where nothing else is left. Any other value as it is.
Json without_defaults(Json scheme);

/// Those of its weights as a config spells them, without what their parameters are by default:
/// "kaiming_normal, {"scheme":"orthogonal","gain":30}".
std::string schemes_of(const ExperimentConfig& config);

}  // namespace initbench
