/// Schemes without randomness. Those with equal entries do not break the symmetry between units.
#include <algorithm>

#include "base/errors.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

void fill_zeros(const InitChoice&, const TensorContext&, Rng&, std::span<Scalar> values) {
  std::fill(values.begin(), values.end(), Scalar{0});
}

void fill_ones(const InitChoice&, const TensorContext&, Rng&, std::span<Scalar> values) {
  std::fill(values.begin(), values.end(), Scalar{1});
}

void fill_constant(const InitChoice& choice, const TensorContext&, Rng&, std::span<Scalar> values) {
  std::fill(values.begin(), values.end(), static_cast<Scalar>(choice.number("value")));
}

std::optional<double> variance_of_zeros(const InitChoice&, const TensorContext&) { return 0.0; }

std::optional<double> variance_of_constant(const InitChoice& choice, const TensorContext&) {
  if (choice.number("value") != 0) return std::nullopt;  // the mean is not 0
  return 0.0;
}

void fill_diagonal(double diagonal, const TensorContext& context, std::span<Scalar> values) {
  const auto rows = static_cast<std::size_t>(context.parameter.dims[0]);
  const auto columns = static_cast<std::size_t>(context.parameter.dims[1]);
  std::fill(values.begin(), values.end(), Scalar{0});
  for (std::size_t i = 0; i < std::min(rows, columns); ++i) {
    values[i * columns + i] = static_cast<Scalar>(diagonal);
  }
}

void fill_eye(const InitChoice&, const TensorContext& context, Rng&, std::span<Scalar> values) {
  fill_diagonal(1, context, values);
}

void fill_scaled_identity(const InitChoice& choice, const TensorContext& context, Rng&,
                          std::span<Scalar> values) {
  fill_diagonal(choice.number("alpha"), context, values);
}

Index dirac_groups(const InitChoice& choice, const TensorContext& context) {
  const ArgumentValue& groups = choice.argument("groups");
  if (const double* number = std::get_if<double>(&groups)) return static_cast<Index>(*number);
  return context.parameter.groups;
}

std::string dirac_misfit(const InitChoice& choice, const TensorContext& context) {
  const Index groups = dirac_groups(choice, context);
  const Index out = context.parameter.dims[0];
  if (out % groups == 0) return "";
  return "dirac's 'groups' must divide the layer's " + std::to_string(out) +
         " output channels, and " + std::to_string(groups) +
         " does not; auto takes the layer's own groups";
}

// values (out, in / groups, height, width)
void fill_dirac(const InitChoice& choice, const TensorContext& context, Rng&,
                std::span<Scalar> values) {
  const std::vector<Index>& dims = context.parameter.dims;
  const Index groups = dirac_groups(choice, context);
  const Index out_per_group = dims[0] / groups;
  const Index centre = (dims[2] / 2) * dims[3] + dims[3] / 2;
  std::fill(values.begin(), values.end(), Scalar{0});
  for (Index g = 0; g < groups; ++g) {
    for (Index d = 0; d < std::min(out_per_group, dims[1]); ++d) {
      const Index filter = (g * out_per_group + d) * dims[1] + d;
      values[static_cast<std::size_t>(filter * dims[2] * dims[3] + centre)] = 1;
    }
  }
}

}  // namespace

std::vector<Scheme> constant_rows() {
  const SchemeParameter value{.name = "value",
                              .summary = "every entry",
                              .default_value = 0.0,
                              .minimum = -kLargest,
                              .maximum = kLargest,
                              .aliases = {"val"}};
  const SchemeParameter alpha{.name = "alpha",
                              .summary = "the diagonal's entries",
                              .default_value = 1.0,
                              .minimum = -kLargest,
                              .maximum = kLargest};
  const SchemeParameter groups{
      .name = "groups",
      .summary =
          "groups of output channels with an identity each; auto: the layer's own groups, "
          "where PyTorch's dirac_ takes 1",
      .default_value = "auto",
      .minimum = 1,
      .maximum = kLargest,
      .integer = true,
      .choices = {"auto"}};
  return {
      {.name = "zeros",
       .aliases = {"Zeros"},
       .summary = "All entries 0; as a weight it keeps all units of a layer equal",
       .formula = "w = 0",
       .source = "torch.nn.init.zeros_",
       .for_biases = true,
       .fill = fill_zeros,
       .variance = variance_of_zeros},
      {.name = "ones",
       .aliases = {"one", "Ones"},
       .summary = "All entries 1; keeps all units of a layer equal",
       .formula = "w = 1",
       .source = "torch.nn.init.ones_",
       .fill = fill_ones},
      {.name = "constant",
       .aliases = {"Constant"},
       .summary = "All entries the same number; as a weight it keeps all units of a layer equal",
       .formula = "w = value",
       .source = "torch.nn.init.constant_",
       .parameters = {value},
       .for_biases = true,
       .fill = fill_constant,
       .variance = variance_of_constant},
      {.name = "eye",
       .aliases = {"identity", "Identity"},
       .summary = "The identity matrix, cut or padded with zeros to the layer's shape",
       .formula = "w[i][j] = 1 if i = j, else 0",
       .source = "torch.nn.init.eye_",
       .weight_shape = WeightShape::matrix,
       .instead = "dirac",
       .fill = fill_eye,
       .orthogonal = true},
      {.name = "identity_scaled",
       .summary = "A multiple of the identity matrix, cut or padded with zeros to the layer's "
                  "shape; made for recurrent ReLU networks (alpha 1, or 0.01 for short memory)",
       .formula = "w[i][j] = alpha if i = j, else 0",
       .source = "Le, Jaitly & Hinton 2015, arXiv:1504.00941",
       .parameters = {alpha},
       .weight_shape = WeightShape::matrix,
       .instead = "dirac",
       .fill = fill_scaled_identity,
       .orthogonal = true},
      {.name = "dirac",
       .aliases = {},
       .summary = "A convolution that passes its input channels on unchanged, as many as fit",
       .formula = "w[g * out/groups + d][d][kh/2][kw/2] = 1 for d < min(out/groups, in/groups), "
                  "else 0",
       .source = "torch.nn.init.dirac_; Zagoruyko & Komodakis 2017, arXiv:1706.00388",
       .parameters = {groups},
       .weight_shape = WeightShape::kernel,
       .instead = "eye or orthogonal",
       .misfit = dirac_misfit,
       .fill = fill_dirac},
  };
}

}  // namespace initbench
