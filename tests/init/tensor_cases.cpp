#include "init/tensor_cases.h"

#include <algorithm>

#include "base/errors.h"

namespace initbench {
namespace {

TestTensor tensor(std::vector<Index> dims, ParameterRole role, Fans fans) {
  Index size = 1;
  for (const Index dim : dims) size *= dim;
  const std::string name = role == ParameterRole::bias ? "bias" : "weight";
  return {.parameter = {.name = "dense1." + name,
                        .layer = "dense1",
                        .tensor = name,
                        .role = role,
                        .dims = std::move(dims),
                        .fans = fans,
                        .groups = 1,
                        .offset = 0,
                        .size = size},
          .layer_type = "dense",
          .activation = {}};
}

}  // namespace

TestTensor dense_weight(Index out, Index in) {
  return tensor({out, in}, ParameterRole::weight, {.in = in, .out = out});
}

TestTensor convolution_weight(const ConvolutionDims& dims) {
  const Index area = dims.height * dims.width;
  const Index in_per_group = dims.in / dims.groups;
  TestTensor result =
      tensor({dims.out, in_per_group, dims.height, dims.width}, ParameterRole::weight,
             {.in = in_per_group * area, .out = dims.out * area});
  result.parameter.groups = dims.groups;
  result.layer_type = "conv2d";
  return result;
}

TestTensor bias(Index size, Index fan_in) {
  return tensor({size}, ParameterRole::bias, {.in = fan_in, .out = size});
}

TestTensor in_branch(TestTensor tensor, Index layers, Index index) {
  tensor.position = {.index = index + 1,
                     .depth = 3 * layers + 2,
                     .blocks = 3,
                     .branch_layers = layers,
                     .branch_index = index};
  return tensor;
}

TestTensor reading_input(TestTensor tensor) {
  tensor.position.index = 0;
  tensor.position.reads_input = true;
  return tensor;
}

TestTensor of_last_layer(TestTensor tensor) {
  tensor.position.index = tensor.position.depth - 1;
  tensor.position.is_last = true;
  return tensor;
}

std::vector<TestTensor> assorted_tensors() {
  return {dense_weight(7, 5),
          dense_weight(5, 11),
          dense_weight(1, 1),
          convolution_weight({.out = 6, .in = 4, .height = 3, .width = 3}),
          convolution_weight({.out = 4, .in = 8, .height = 2, .width = 5, .groups = 2}),
          convolution_weight({.out = 3, .in = 5}),
          bias(9, 5),
          reading_input(dense_weight(6, 5)),
          dense_weight(10, 6),
          of_last_layer(dense_weight(3, 6)),
          in_branch(dense_weight(6, 6), 2, 0),
          in_branch(dense_weight(6, 6), 2, 1),
          in_branch(convolution_weight({.out = 4, .in = 4, .height = 3, .width = 3}), 3, 1)};
}

std::vector<const Scheme*> rows_with_defaults() {
  std::vector<const Scheme*> rows;
  for (const Scheme& row : scheme_table()) {
    const bool complete = std::none_of(row.parameters.begin(), row.parameters.end(),
                                       [](const auto& parameter) { return parameter.required; });
    if (complete) rows.push_back(&row);
  }
  return rows;
}

std::vector<Scalar> filled(const InitChoice& choice, const TestTensor& tensor, std::uint64_t seed) {
  expects(misfit_of(choice, tensor.context()).empty(), "the scheme fits the tensor");
  std::vector<Scalar> values(static_cast<std::size_t>(tensor.parameter.size));
  Rng rng({.seed = seed,
           .purpose = Purpose::weights,
           .name = tensor.parameter.layer,
           .tensor = tensor.parameter.tensor});
  choice.scheme->fill(choice, tensor.context(), rng, values);
  return values;
}

}  // namespace initbench
