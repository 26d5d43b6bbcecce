/// A verdict in words for the terminal, and as `run.json` holds it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "probe/verdict.h"

namespace initbench {

/// {"verdict": "healthy" or the worst condition, "findings": [...], "overcome": [...],
///  "width_chance": {"smallest": s, "largest": l}, "advice": {"set": [...], "effect": "..."} or
///  null}
nlohmann::ordered_json to_json(const Verdict& verdict);

/// The same from a JSON object that has these keys among others. Throws what nlohmann/json throws
/// when they are not what `to_json` writes, and std::invalid_argument for an unknown condition.
Verdict read_verdict(const nlohmann::ordered_json& json);

/// The lists of findings in it, and back.
nlohmann::ordered_json to_json(const std::vector<Finding>& findings);
std::vector<Finding> read_findings(const nlohmann::ordered_json& json);

nlohmann::ordered_json to_json(const WidthChance& chance);
WidthChance read_width_chance(const nlohmann::ordered_json& json);

/// All conditions in a line after the word "verdict", then a sentence with the evidence and what to
/// try for each.
std::string verdict_text(const Verdict& verdict);

/// "vanishing_gradients, stalled", or "healthy".
std::string condition_list(const Verdict& verdict);

/// A setting of --set as a POSIX shell takes it back.
std::string shell_quoted(const std::string& setting);
/// "--set A=1 --set B=2".
std::string set_flags(const std::vector<std::string>& settings);

}  // namespace initbench
