#include "experiment/layer_types.h"

#include <vector>

#include "base/errors.h"

namespace initbench {
namespace {

std::vector<LayerType> make_table() {
  const auto row = [](std::string_view name, std::string_view prefix, bool parametrised,
                      std::string_view summary, auto spec) {
    return LayerType{.name = name,
                     .prefix = prefix,
                     .summary = summary,
                     .prototype = {.name = {}, .place = {}, .kind = std::move(spec)},
                     .parametrised = parametrised};
  };
  DenseSpec output;
  output.is_output = true;
  PoolSpec average;
  average.kind = PoolKind::average;
  return {
      row("dense", "dense", true,
          "A linear map (an image is flattened), then the norm, then the activation.", DenseSpec{}),
      row("conv2d", "conv", true, "A 2-D convolution, then the norm, then the activation.",
          Conv2dSpec{}),
      row("max_pool2d", "pool", false, "The largest value of each window, per channel.",
          PoolSpec{}),
      row("avg_pool2d", "pool", false, "The mean of each window, per channel.", average),
      row("global_avg_pool", "pool", false, "The mean over all positions, per channel.",
          GlobalAveragePoolSpec{}),
      row("dropout", "dropout", false,
          "Zeroes values with probability `rate` while training and divides the others by 1 - "
          "rate.",
          DropoutSpec{}),
      row("activation", "activation", false, "An activation alone, without a linear map.",
          ActivationSpec{}),
      row("residual", "residual", false,
          "activation(shortcut(x) + scale * layers(x)), the layers being a list of its own.",
          ResidualSpec{}),
      row("output", "output", true,
          "The last layer: dense, one unit per class or regression target, no activation.", output),
  };
}

}  // namespace

std::span<const LayerType> layer_type_table() {
  static const std::vector<LayerType> table = make_table();
  return table;
}

const LayerType* find_layer_type(std::string_view name) {
  for (const LayerType& row : layer_type_table()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

const LayerType& type_of(const LayerSpec& layer) {
  const auto same_row = [&](const LayerSpec& prototype) {
    if (prototype.kind.index() != layer.kind.index()) return false;
    if (const auto* dense = std::get_if<DenseSpec>(&layer.kind)) {
      return dense->is_output == std::get<DenseSpec>(prototype.kind).is_output;
    }
    if (const auto* pool = std::get_if<PoolSpec>(&layer.kind)) {
      return pool->kind == std::get<PoolSpec>(prototype.kind).kind;
    }
    return true;
  };
  for (const LayerType& row : layer_type_table()) {
    if (same_row(row.prototype)) return row;
  }
  expects(false, "every kind of layer has a row");
  return layer_type_table().front();
}

}  // namespace initbench
