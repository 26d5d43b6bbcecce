/// The list of layers of a config between its JSON and its specs: repeats expanded, names given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiment/issues.h"
#include "experiment/json_text.h"
#include "experiment/layer_types.h"

namespace initbench {

struct RawLayer {
  Json object;  // as the user wrote it
  const LayerType* type = nullptr;
  std::string name;                // "conv1", "dense3", "residual1.dense1", "output"
  std::string place;               // "model.layers.2"
  std::vector<RawLayer> children;  // a residual's branch
};

/// Expands `repeat` and names the layers: type and number, counted from 1 per list; those inside a
/// residual after it, "residual1.dense1". Reports what is not a layer.
std::vector<RawLayer> expand_layers(const Json& list, const std::string& place, IssueList& issues);

/// The layer with this name, at any depth, or nullptr.
RawLayer* find_layer(std::vector<RawLayer>& layers, std::string_view name);

/// Names of all layers, in order, at any depth.
std::vector<std::string_view> layer_names(const std::vector<RawLayer>& layers);

/// Number of residual layers, at any depth.
Index count_blocks(const std::vector<RawLayer>& layers);

/// The keys that a layer of a type may have, "type" and "repeat" included.
std::vector<std::string_view> layer_keys(const LayerType& type);

}  // namespace initbench
