/// How initialization went, as `run.json` tells it: what calibrations reached, and remarks.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "init/calibration.h"

namespace initbench {

nlohmann::ordered_json to_json(const InitReport& report);

/// The same for the terminal: a line per scheme that calibrated, per optimization, per note, each
/// after the word "init"; empty when there is nothing to tell.
std::string init_text(const InitReport& report);

/// Throws what nlohmann/json throws when `json` is not what `to_json` writes.
InitReport read_init_report(const nlohmann::ordered_json& json);

}  // namespace initbench
