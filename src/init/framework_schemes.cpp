/// What frameworks do unasked, for weights and biases, and the rule of thumb before them.
#include <algorithm>

#include "init/fan_laws.h"
#include "init/rows.h"

namespace initbench {
namespace {

/// U(-c, c) with c = 1 / sqrt(fan_in) has variance c^2 / 3.
std::optional<double> inverse_sqrt_variance(const InitChoice&, const TensorContext& context) {
  return 1 / (3 * fan_in(context));
}

std::optional<double> glorot_variance_or_0(const InitChoice& choice, const TensorContext& context) {
  return is_bias(context) ? 0.0 : glorot_variance(choice, context);
}

std::optional<double> lecun_variance_or_0(const InitChoice& choice, const TensorContext& context) {
  return is_bias(context) ? 0.0 : lecun_variance(choice, context);
}

void fill_glorot_or_zeros(const InitChoice& choice, const TensorContext& context, Rng& rng,
                          std::span<Scalar> values) {
  if (!is_bias(context)) return fill_uniform_by_variance(choice, context, rng, values);
  std::fill(values.begin(), values.end(), Scalar{0});
}

void fill_lecun_or_zeros(const InitChoice& choice, const TensorContext& context, Rng& rng,
                         std::span<Scalar> values) {
  if (!is_bias(context)) return fill_two_sigma_by_variance(choice, context, rng, values);
  std::fill(values.begin(), values.end(), Scalar{0});
}

Scheme glorot_default(std::string_view name, std::string_view summary, std::string_view source) {
  return {.name = name,
          .summary = summary,
          .formula = "w ~ U(-c, c), c = sqrt(6 / (fan_in + fan_out)); b = 0",
          .source = source,
          .for_biases = true,
          .brings_biases = true,
          .fill = fill_glorot_or_zeros,
          .variance = glorot_variance_or_0};
}

}  // namespace

std::vector<Scheme> framework_rows() {
  return {
      {.name = "inverse_sqrt_fan_in",
       .aliases = {"lecun98"},
       .summary = "The common rule of thumb, the baseline of Glorot & Bengio: a third of the "
                  "variance that keeps a linear layer's scale",
       .formula = "w ~ U(-1 / sqrt(fan_in), 1 / sqrt(fan_in))",
       .source = "Glorot & Bengio 2010, eq. 1",
       .fill = fill_uniform_by_variance,
       .variance = inverse_sqrt_variance},
      {.name = "torch_default",
       .aliases = {},
       .summary = "What torch.nn.Linear and Conv2d do unasked, for weights and for biases",
       .formula = "w, b ~ U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)), fan_in of the weight",
       .source = "torch.nn.Linear.reset_parameters: kaiming_uniform_(a = sqrt(5))",
       .for_biases = true,
       .brings_biases = true,
       .fill = fill_uniform_by_variance,
       .variance = inverse_sqrt_variance},
      glorot_default("keras_default",
                     "What keras.layers.Dense and Conv2D do unasked: glorot_uniform, biases zero",
                     "keras.layers.Dense and Conv2D (Keras 2 and 3): kernel_initializer = "
                     "'glorot_uniform', bias_initializer = 'zeros'"),
      glorot_default("tf1_default",
                     "What tf.layers.dense and conv2d of TensorFlow 1 do unasked: the same law as "
                     "keras_default",
                     "tf.compat.v1.layers.dense: kernel_initializer = None, which "
                     "tf.compat.v1.get_variable makes glorot_uniform; bias_initializer = zeros"),
      {.name = "flax_default",
       .summary = "What flax.linen.Dense and Conv do unasked: lecun_normal (truncated at two "
                  "standard deviations, corrected), biases zero",
       .formula = "w = s * z, z ~ N(0, 1) given |z| <= 2, s = sqrt(1 / fan_in) / 0.87962566; b = 0",
       .source = "flax.linen.Dense and Conv: kernel_init = lecun_normal(), bias_init = zeros",
       .for_biases = true,
       .brings_biases = true,
       .fill = fill_lecun_or_zeros,
       .variance = lecun_variance_or_0},
  };
}

}  // namespace initbench
