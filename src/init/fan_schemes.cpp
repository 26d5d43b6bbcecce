/// Schemes of mean 0 whose variance follows from the fans: a row is its variance and one of three
/// distributions.
#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/rows.h"

namespace initbench {
namespace {

void fill_chosen_distribution(const InitChoice& choice, const TensorContext& context, Rng& rng,
                              std::span<Scalar> values) {
  const std::string& distribution = choice.word("distribution");
  if (distribution == "uniform") return fill_uniform_by_variance(choice, context, rng, values);
  if (distribution == "untruncated_normal")
    return fill_normal_by_variance(choice, context, rng, values);
  fill_two_sigma_by_variance(choice, context, rng, values);
}

bool chooses_gaussian(const InitChoice& choice) {
  return choice.word("distribution") == "untruncated_normal";
}

double fan_of_mode(const InitChoice& choice, const TensorContext& context) {
  const std::string& mode = choice.word("mode");
  if (mode == "fan_in") return fan_in(context);
  if (mode == "fan_out") return fan_out(context);
  return (fan_in(context) + fan_out(context)) / 2;
}

std::optional<double> scaled_variance(const InitChoice& choice, const TensorContext& context) {
  return choice.number("scale") / fan_of_mode(choice, context);
}

std::optional<double> xavier_variance(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> gain = own_gain(choice, context);
  if (!gain) return std::nullopt;
  return *gain * *gain * 2 / (fan_in(context) + fan_out(context));
}

/// calculate_gain(nonlinearity, a): `a` counts for leaky_relu alone.
std::optional<double> kaiming_gain(const InitChoice& choice, const TensorContext& context) {
  const ArgumentValue& nonlinearity = choice.argument("nonlinearity");
  if (std::get<std::string>(nonlinearity) == "leaky_relu") {
    return activation_row(ActivationKind::leaky_relu).torch_gain(choice.number("a"));
  }
  return gain_of(nonlinearity, context.activation);
}

std::optional<double> kaiming_variance(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> gain = kaiming_gain(choice, context);
  if (!gain) return std::nullopt;
  return *gain * *gain / fan_of_mode(choice, context);
}

std::string kaiming_misfit(const InitChoice& choice, const TensorContext& context) {
  return gain_misfit("nonlinearity", choice.argument("nonlinearity"), context.activation);
}

SchemeParameter mode_parameter(std::vector<std::string_view> modes) {
  return {.name = "mode",
          .summary = "which fan divides the variance",
          .default_value = "fan_in",
          .choices = std::move(modes),
          .number_allowed = false};
}

std::vector<SchemeParameter> kaiming_parameters() {
  return {mode_parameter({"fan_in", "fan_out"}),
          nonlinearity_parameter(),
          {.name = "a",
           .summary = "negative slope; used when nonlinearity is leaky_relu, and then 0 is ReLU",
           .default_value = 0.0,
           .minimum = -kLargest,
           .maximum = kLargest}};
}

std::vector<SchemeParameter> variance_scaling_parameters() {
  return {{.name = "scale",
           .summary = "variance times fan",
           .default_value = 1.0,
           .minimum = 0,
           .maximum = kLargest,
           .exclusive_minimum = true},
          mode_parameter({"fan_in", "fan_out", "fan_avg"}),
          {.name = "distribution",
           .summary = "truncated at two standard deviations with the variance corrected, not "
                      "truncated, or uniform ('normal' is truncated in Keras and not in JAX, "
                      "hence no choice here)",
           .default_value = "truncated_normal",
           .choices = {"truncated_normal", "untruncated_normal", "uniform"},
           .number_allowed = false}};
}

std::vector<Scheme> xavier_rows() {
  return {
      {.name = "xavier_uniform",
       .aliases = {"glorot_uniform", "GlorotUniform"},
       .summary = "Uniform; keeps variance a compromise between the forward and backward pass",
       .formula = "w ~ U(-c, c), c = gain * sqrt(6 / (fan_in + fan_out))",
       .source = "torch.nn.init.xavier_uniform_; Glorot & Bengio 2010",
       .parameters = {gain_parameter()},
       .misfit = own_gain_misfit,
       .fill = fill_uniform_by_variance,
       .variance = xavier_variance},
      {.name = "xavier_normal",
       .aliases = {},
       .summary = "As xavier_uniform, with a normal distribution that is not truncated",
       .formula = "w ~ N(0, gain^2 * 2 / (fan_in + fan_out))",
       .source = "torch.nn.init.xavier_normal_; Glorot & Bengio 2010",
       .parameters = {gain_parameter()},
       .misfit = own_gain_misfit,
       .fill = fill_normal_by_variance,
       .variance = xavier_variance,
       .gaussian = always_gaussian},
      {.name = "glorot_normal",
       .aliases = {"GlorotNormal"},
       .summary = "As xavier_normal, truncated at two standard deviations with the variance "
                  "corrected",
       .formula = "w = s * z, z ~ N(0, 1) given |z| <= 2, s = sqrt(2 / (fan_in + fan_out)) / "
                  "0.87962566",
       .source = "keras.initializers.GlorotNormal; jax.nn.initializers.glorot_normal",
       .fill = fill_two_sigma_by_variance,
       .variance = glorot_variance},
  };
}

std::vector<Scheme> kaiming_rows() {
  return {
      {.name = "kaiming_uniform",
       .aliases = {"he_uniform", "HeUniform"},
       .summary = "Uniform; keeps the second moment through ReLU layers at the defaults",
       .formula = "w ~ U(-c, c), c = gain(nonlinearity, a) * sqrt(3 / fan)",
       .source = "torch.nn.init.kaiming_uniform_; He et al. 2015, arXiv:1502.01852",
       .parameters = kaiming_parameters(),
       .misfit = kaiming_misfit,
       .fill = fill_uniform_by_variance,
       .variance = kaiming_variance},
      {.name = "kaiming_normal",
       .aliases = {},
       .summary = "Normal, not truncated; keeps the second moment through ReLU layers at the "
                  "defaults",
       .formula = "w ~ N(0, gain(nonlinearity, a)^2 / fan)",
       .source = "torch.nn.init.kaiming_normal_; He et al. 2015, arXiv:1502.01852",
       .parameters = kaiming_parameters(),
       .misfit = kaiming_misfit,
       .fill = fill_normal_by_variance,
       .variance = kaiming_variance,
       .gaussian = always_gaussian},
      {.name = "he_normal",
       .aliases = {"HeNormal"},
       .summary = "As kaiming_normal at its defaults, truncated at two standard deviations with "
                  "the variance corrected",
       .formula = "w = s * z, z ~ N(0, 1) given |z| <= 2, s = sqrt(2 / fan_in) / 0.87962566",
       .source = "keras.initializers.HeNormal; jax.nn.initializers.he_normal",
       .fill = fill_two_sigma_by_variance,
       .variance = he_variance},
  };
}

std::vector<Scheme> lecun_rows() {
  return {
      {.name = "lecun_uniform",
       .aliases = {"LecunUniform"},
       .summary = "Uniform with variance 1 / fan_in",
       .formula = "w ~ U(-c, c), c = sqrt(3 / fan_in)",
       .source = "keras.initializers.LecunUniform; jax.nn.initializers.lecun_uniform",
       .fill = fill_uniform_by_variance,
       .variance = lecun_variance},
      {.name = "lecun_normal",
       .aliases = {"LecunNormal"},
       .summary = "Variance 1 / fan_in, as SELU needs it; truncated at two standard deviations "
                  "with the variance corrected, as in Keras and JAX",
       .formula = "w = s * z, z ~ N(0, 1) given |z| <= 2, s = sqrt(1 / fan_in) / 0.87962566",
       .source = "keras.initializers.LecunNormal; jax.nn.initializers.lecun_normal",
       .fill = fill_two_sigma_by_variance,
       .variance = lecun_variance},
      {.name = "variance_scaling",
       .aliases = {"VarianceScaling"},
       .summary = "The family of the lecun, glorot and he schemes",
       .formula = "Var(w) = scale / n, n = fan_in, fan_out or (fan_in + fan_out) / 2",
       .source = "keras.initializers.VarianceScaling; jax.nn.initializers.variance_scaling",
       .parameters = variance_scaling_parameters(),
       .fill = fill_chosen_distribution,
       .variance = scaled_variance,
       .gaussian = chooses_gaussian},
  };
}

std::optional<double> mean_field_variance(const InitChoice& choice, const TensorContext& context) {
  if (is_bias(context)) return choice.number("sigma_b") * choice.number("sigma_b");
  return choice.number("sigma_w") * choice.number("sigma_w") / fan_in(context);
}

std::vector<Scheme> mean_field_rows() {
  const auto sigma = [](std::string_view name, std::string_view summary, double default_value) {
    return SchemeParameter{.name = name,
                           .summary = summary,
                           .default_value = default_value,
                           .minimum = 0,
                           .maximum = kLargest};
  };
  return {{.name = "gaussian_mean_field",
           .aliases = {"gaussian_mf"},
           .summary = "Normal weights and biases by the two scales of mean-field theory; a scale "
                      "is a standard deviation, not a variance",
           .formula = "w ~ N(0, sigma_w^2 / fan_in), b ~ N(0, sigma_b^2)",
           .source = "Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, "
                     "arXiv:1611.01232",
           .parameters = {sigma("sigma_w", "standard deviation of weights times sqrt(fan_in)", 1),
                          sigma("sigma_b", "standard deviation of biases", 0)},
           .for_biases = true,
           .brings_biases = true,
           .fill = fill_normal_by_variance,
           .variance = mean_field_variance,
           .gaussian = always_gaussian}};
}

}  // namespace

std::vector<Scheme> fan_rows() {
  return joined({xavier_rows, kaiming_rows, lecun_rows, mean_field_rows});
}

}  // namespace initbench
