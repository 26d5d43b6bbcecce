#include "nn/network_cases.h"

namespace initbench {
namespace {

LayerSpec layer(std::string name, auto kind) {
  return {.name = name, .place = "model.layers." + name, .kind = std::move(kind)};
}

LayerSpec dense(std::string name, Index units, ActivationKind activation, Norm norm = Norm::none) {
  return layer(std::move(name), DenseSpec{.units = units,
                                          .norm = norm,
                                          .activation = {.kind = activation, .parameter = 0.25}});
}

LayerSpec output() { return layer("output", DenseSpec{.is_output = true}); }

Conv2dSpec conv(Index channels, Index kernel, PaddingMode padding) {
  return {.channels = channels,
          .kernel = {kernel, kernel},
          .padding = {.mode = padding},
          .activation = {.kind = ActivationKind::tanh}};
}

NetworkCase residual_of(ResidualSpec spec, const std::string& name) {
  spec.layers = {dense("residual1.dense1", 6, ActivationKind::tanh, Norm::layer),
                 dense("residual1.dense2", spec.shortcut == Shortcut::identity ? 5 : 7,
                       ActivationKind::linear)};
  return {name,
          Shape::flat(4),
          3,
          {dense("dense1", 5, ActivationKind::silu), layer("residual1", spec), output()}};
}

std::vector<NetworkCase> convolutional_cases() {
  Conv2dSpec strided = conv(4, 3, PaddingMode::same);
  strided.kernel = {3, 2};
  strided.stride = {2, 1};
  strided.norm = Norm::batch;
  Conv2dSpec grouped = conv(6, 3, PaddingMode::circular);
  grouped.groups = 2;
  grouped.bias = false;
  Conv2dSpec dilated = conv(3, 3, PaddingMode::explicit_amount);
  dilated.dilation = {2, 1};
  dilated.padding.amount = {1, 2};
  dilated.norm = Norm::layer;
  const PoolSpec max_pool{.kind = PoolKind::max, .size = {2, 2}, .stride = {2, 2}};
  const PoolSpec average_pool{.kind = PoolKind::average, .size = {3, 2}, .stride = {2, 1}};
  ResidualSpec projected{.layers = {layer("residual1.conv1", strided)},
                         .shortcut = Shortcut::projection,
                         .activation = {.kind = ActivationKind::gelu}};
  return {
      {"lenet_like",
       Shape::image(9, 7, 1),
       3,
       {layer("conv1", conv(4, 3, PaddingMode::same)), layer("max_pool1", max_pool),
        layer("conv2", conv(3, 2, PaddingMode::valid)), layer("avg_pool1", average_pool),
        dense("dense1", 5, ActivationKind::elu), output()}},
      {"strided_batch_norm", Shape::image(7, 5, 2), 4, {layer("conv1", strided), output()}},
      {"grouped_circular",
       Shape::image(5, 4, 2),
       2,
       {layer("conv1", grouped), layer("global_avg_pool1", GlobalAveragePoolSpec{}), output()}},
      {"dilated_layer_norm", Shape::image(6, 5, 3), 2, {layer("conv1", dilated), output()}},
      {"projected_residual", Shape::image(6, 5, 3), 2, {layer("residual1", projected), output()}},
  };
}

/// Factors on weights and biases, and scalar biases around linear maps, activations and sums.
std::vector<NetworkCase> parametrized_cases() {
  Conv2dSpec convolution = conv(3, 3, PaddingMode::same);
  convolution.parametrization = {.weight_scale = 0.5, .bias_scale = 3};
  DenseSpec dense_layer{.units = 6, .activation = {.kind = ActivationKind::tanh}};
  dense_layer.parametrization = {.weight_scale = 2, .bias_scale = 0.3};
  DenseSpec in_branch{.units = 5, .activation = {.kind = ActivationKind::tanh}};
  ResidualSpec fixup{.layers = {layer("residual1.dense1", in_branch),
                                layer("residual1.activation1",
                                      ActivationSpec{.activation = {.kind = ActivationKind::silu}}),
                                dense("residual1.dense2", 4, ActivationKind::linear)},
                     .shortcut = Shortcut::projection,
                     .shortcut_parametrization = {.weight_scale = 0.7},
                     .learned_scale = true,
                     .activation = {.kind = ActivationKind::softplus},
                     .scalar_biases = true};
  return {{"scaled_convolution",
           Shape::image(5, 4, 2),
           3,
           {layer("conv1", convolution), layer("dense1", dense_layer), output()}},
          {"scalar_biases",
           Shape::flat(4),
           3,
           {dense("dense1", 5, ActivationKind::tanh), layer("residual1", fixup), output()}}};
}

}  // namespace

std::vector<NetworkCase> network_cases() {
  const ResidualSpec identity{.scale = 0.7, .activation = {.kind = ActivationKind::softplus}};
  const ResidualSpec learned{.scale = 0.3, .learned_scale = true};
  const ResidualSpec projection{.shortcut = Shortcut::projection};
  // A block that starts with an activation: two readers share one input.
  const ResidualSpec pre_activation{
      .layers = {layer("residual1.activation1",
                       ActivationSpec{.activation = {.kind = ActivationKind::tanh}}),
                 dense("residual1.dense1", 5, ActivationKind::linear)}};
  std::vector<NetworkCase> cases = {
      {"mlp",
       Shape::flat(4),
       3,
       {dense("dense1", 6, ActivationKind::tanh), dense("dense2", 5, ActivationKind::prelu),
        output()}},
      {"batch_norm_mlp",
       Shape::flat(3),
       2,
       {dense("dense1", 5, ActivationKind::sigmoid, Norm::batch), output()}},
      {"dropout_mlp",
       Shape::flat(4),
       2,
       {dense("dense1", 8, ActivationKind::mish), layer("dropout1", DropoutSpec{.rate = 0.4}),
        output()}},
      residual_of(identity, "identity_residual"),
      residual_of(learned, "learned_residual"),
      residual_of(projection, "dense_projection_residual"),
      {"pre_activation_residual",
       Shape::flat(4),
       2,
       {dense("dense1", 5, ActivationKind::linear), layer("residual1", pre_activation), output()}},
      {"dropout_shares_input",
       Shape::flat(4),
       2,
       {dense("dense1", 5, ActivationKind::tanh),
        layer("residual1",
              ResidualSpec{.layers = {layer("residual1.dropout1", DropoutSpec{}),
                                      dense("residual1.dense1", 5, ActivationKind::tanh)}}),
        output()}},
  };
  for (NetworkCase& convolutional : convolutional_cases()) cases.push_back(convolutional);
  for (NetworkCase& parametrized : parametrized_cases()) cases.push_back(parametrized);
  return cases;
}

void fill_normal(std::string_view stream, double std, Scalar* values, Index size) {
  Rng rng({.seed = 7, .purpose = Purpose::probe, .name = stream});
  for (Index i = 0; i < size; ++i) values[i] = static_cast<Scalar>(std * rng.normal());
}

}  // namespace initbench
