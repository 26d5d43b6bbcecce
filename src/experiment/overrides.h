/// Applies `--set PATH=VALUE` to a config's JSON before it is read. The meaning of paths is
/// documented at `Override` in experiment/config_json.h.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "experiment/config_json.h"
#include "experiment/issues.h"
#include "experiment/json_text.h"
#include "experiment/layer_list.h"

namespace initbench {

/// Applies those that do not name a layer.
void apply_overrides(Json& root, std::span<const Override> overrides, IssueList& issues);

/// Applies those that name a layer.
void apply_layer_overrides(std::vector<RawLayer>& layers, std::span<const Override> overrides,
                           IssueList& issues);

}  // namespace initbench
