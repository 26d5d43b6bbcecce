/// NetworkBuilder's layers that need an image: convolution and pooling.
#include <algorithm>

#include "nn/network_builder.h"

namespace initbench {
namespace {

struct Extent {
  Index out = 0;
  Index before = 0;
  Index after = 0;
};

/// Output size and padding of one axis.
Extent convolved_extent(Index in, Index kernel, Index stride, Index dilation, PaddingMode mode,
                        Index amount) {
  const Index reach = (kernel - 1) * dilation + 1;
  switch (mode) {
    case PaddingMode::valid: return {.out = in < reach ? 0 : (in - reach) / stride + 1};
    case PaddingMode::explicit_amount: {
      const Index padded = in + 2 * amount;
      const Index out = padded < reach ? 0 : (padded - reach) / stride + 1;
      return {.out = out, .before = amount, .after = amount};
    }
    case PaddingMode::circular:
      return {.out = (in - 1) / stride + 1, .before = (reach - 1) / 2, .after = reach / 2};
    case PaddingMode::same: break;
  }
  const Index out = (in - 1) / stride + 1;
  const Index total = std::max<Index>((out - 1) * stride + reach - in, 0);
  return {.out = out, .before = total / 2, .after = total - total / 2};
}

std::string pair_text(std::array<Index, 2> pair) {
  return std::to_string(pair[0]) + " x " + std::to_string(pair[1]);
}

}  // namespace

std::optional<ConvolutionGeometry> NetworkBuilder::convolution_geometry(const LayerSpec& layer,
                                                                        const Conv2dSpec& spec) {
  const Shape in = shape();
  if (in.channels % spec.groups != 0 || spec.channels % spec.groups != 0) {
    refuse(layer, "groups " + std::to_string(spec.groups) + " must divide the " +
                      std::to_string(in.channels) + " input channels and the " +
                      std::to_string(spec.channels) + " output channels");
    return std::nullopt;
  }
  const Extent rows = convolved_extent(in.height, spec.kernel[0], spec.stride[0], spec.dilation[0],
                                       spec.padding.mode, spec.padding.amount[0]);
  const Extent columns =
      convolved_extent(in.width, spec.kernel[1], spec.stride[1], spec.dilation[1],
                       spec.padding.mode, spec.padding.amount[1]);
  if (rows.out < 1 || columns.out < 1) {
    refuse(layer, "a kernel of " + pair_text(spec.kernel) + " with dilation " +
                      pair_text(spec.dilation) + " does not fit into its input of " +
                      to_string(in) + "; use \"padding\": \"same\" or a smaller kernel");
    return std::nullopt;
  }
  const bool wraps = spec.padding.mode == PaddingMode::circular;
  if (wraps && (rows.after > in.height || columns.after > in.width)) {
    refuse(layer, "circular padding for a kernel of " + pair_text(spec.kernel) +
                      " would wrap around its input of " + to_string(in) +
                      " more than once; use a smaller kernel or dilation");
    return std::nullopt;
  }
  const Shape out = Shape::image(rows.out, columns.out, spec.channels);
  const ConvolutionGeometry geometry{.in = in,
                                     .out = out,
                                     .kernel = spec.kernel,
                                     .stride = spec.stride,
                                     .dilation = spec.dilation,
                                     .pad_before = {rows.before, columns.before},
                                     .pad_after = {rows.after, columns.after},
                                     .circular = wraps,
                                     .groups = spec.groups};
  if (geometry.weight_size() > kLargestTensor || out.features() > kLargestTensor) {
    refuse(layer, "its output of " + to_string(out) + " is too large; use fewer channels");
    return std::nullopt;
  }
  return geometry;
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const Conv2dSpec& spec) {
  if (!needs_image(layer, "conv2d")) return;
  const std::optional<ConvolutionGeometry> geometry = convolution_geometry(layer, spec);
  if (!geometry) return;
  const Index area = spec.kernel[0] * spec.kernel[1];
  const Index group_inputs = geometry->in.channels / spec.groups;
  const Linear linear{.type = "conv2d",
                      .role = LayerRole::hidden,
                      .bias = spec.bias,
                      .norm = spec.norm,
                      .activation = spec.activation,
                      .parametrization = spec.parametrization,
                      .fans = {.in = group_inputs * area, .out = spec.channels * area},
                      .weight_dims = {spec.channels, group_inputs, spec.kernel[0], spec.kernel[1]},
                      .groups = spec.groups};
  append_input_parametrization(layer.name, spec.parametrization);
  const std::size_t index = add_linear_parameters(layer.name, linear);
  const Layer& record = network_.layers_[index];
  append(ConvolutionOp{.geometry = *geometry,
                       .weight = record.weight,
                       .bias = record.bias,
                       .bias_scale = spec.parametrization.bias_scale},
         geometry->out);
  finish_linear(index, linear);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const PoolSpec& spec) {
  if (!needs_image(layer, "pooling")) return;
  const Shape in = shape();
  if (spec.size[0] > in.height || spec.size[1] > in.width) {
    refuse(layer, "a pooling window of " + pair_text(spec.size) +
                      " does not fit into its input of " + to_string(in) +
                      "; use a smaller size or drop this layer");
    return;
  }
  const Shape out = Shape::image((in.height - spec.size[0]) / spec.stride[0] + 1,
                                 (in.width - spec.size[1]) / spec.stride[1] + 1, in.channels);
  append(PoolOp{.kind = spec.kind,
                .geometry = {.in = in, .out = out, .size = spec.size, .stride = spec.stride}},
         out);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const GlobalAveragePoolSpec&) {
  if (!needs_image(layer, "global_avg_pool")) return;
  const Shape in = shape();
  const Shape pooled = Shape::image(1, 1, in.channels);
  append(PoolOp{.kind = PoolKind::average,
                .geometry = {.in = in,
                             .out = pooled,
                             .size = {in.height, in.width},
                             .stride = {in.height, in.width}}},
         Shape::flat(in.channels));
}

bool NetworkBuilder::needs_image(const LayerSpec& layer, const std::string& what) {
  if (shape().is_image) return true;
  refuse(layer, what + " needs an image (height x width x channels), but its input is " +
                    to_string(shape()) +
                    "; put it before the dense layers, or use an image data set");
  return false;
}

}  // namespace initbench
