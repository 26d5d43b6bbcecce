/// The table of layer types of a config.
#pragma once

#include <span>
#include <string_view>

#include "nn/model_spec.h"

namespace initbench {

struct LayerType {
  std::string_view name;     // "conv2d"
  std::string_view prefix;   // of a layer's name: "conv" gives conv1, conv2, ...
  std::string_view summary;  // one line, for `initbench list layers` and the schema
  LayerSpec prototype;       // with the defaults of its fields
  bool parametrised;         // it has weights: an init, a rule in init_by_type
};

std::span<const LayerType> layer_type_table();
/// The row with this name, or nullptr.
const LayerType* find_layer_type(std::string_view name);
/// The row of a layer.
const LayerType& type_of(const LayerSpec& layer);

}  // namespace initbench
