/// Parametrizations by width: what a weight is multiplied with in the network, and which share of
/// the learning rate it gets.
#include <cmath>

#include "init/draws.h"
#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/rows.h"

namespace initbench {
namespace {

bool is_weight(const TensorContext& context) {
  return context.parameter.role == ParameterRole::weight;
}

// mup

/// Width over base width, of what a layer reads and of what it gives. Data and classes do not grow:
/// their factor is 1. A flattened image or a kernel's area is not width.
struct WidthFactors {
  double in = 1;
  double out = 1;
};

WidthFactors width_factors(const InitChoice& choice, const TensorContext& context) {
  const double base = choice.number("base_width");
  const LayerPosition& position = context.position;
  WidthFactors factors;
  if (!position.reads_input) factors.in = static_cast<double>(context.input.channels) / base;
  if (!position.is_last) factors.out = static_cast<double>(context.parameter.dims[0]) / base;
  return factors;
}

/// gain^2 / fan_in; the read-out's does not shrink with width, its factor in the network does.
std::optional<double> mup_variance(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> standard = gain_variance(choice, context);
  if (!standard || !context.position.is_last) return standard;
  if (choice.word("readout") == "zero") return 0.0;
  return *standard * width_factors(choice, context).in;
}

void mup_parametrize(const InitChoice& choice, const TensorContext& context, Parametrization& how) {
  if (!context.position.is_last) return;
  how.weight_scale = choice.number("output_mult") / width_factors(choice, context).in;
}

/// Matrices whose both sides grow (hidden weights) get 1 / in with Adam and out / in with SGD;
/// tensors with one growing side (first weights, read-out, biases, norms) get 1 and that side.
RateFactors mup_rates(const InitChoice& choice, const TensorContext& context) {
  const ParameterRole role = context.parameter.role;
  const bool scalar = role == ParameterRole::scalar_bias || role == ParameterRole::activation_slope;
  if (scalar) return {};
  const LayerPosition& position = context.position;
  const WidthFactors width = width_factors(choice, context);
  if (!is_weight(context)) return {.sgd = width.out, .adaptive = 1};
  if (position.is_last) return {.sgd = width.in, .adaptive = 1};
  if (position.reads_input) return {.sgd = width.out, .adaptive = 1};
  return {.sgd = width.out / width.in, .adaptive = 1 / width.in};
}

// ntk

std::string ntk_misfit(const InitChoice& choice, const TensorContext& context) {
  return is_weight(context) ? gain_misfit("sigma_w", choice.argument("sigma_w"), context.activation)
                            : "";
}

std::optional<double> unit_variance(const InitChoice&, const TensorContext&) { return 1.0; }

void fill_standard_normal(const InitChoice&, const TensorContext&, Rng& rng,
                          std::span<Scalar> values) {
  draw_normal(0, 1, rng, values);
}

void ntk_parametrize(const InitChoice& choice, const TensorContext& context, Parametrization& how) {
  const std::optional<double> sigma_w = gain_of(choice.argument("sigma_w"), context.activation);
  if (!sigma_w) return;  // a misfit, which is reported elsewhere
  how.weight_scale = *sigma_w / std::sqrt(fan_in(context));
  how.bias_scale = choice.number("sigma_b");
}

std::vector<SchemeParameter> mup_parameters() {
  return {{.name = "base_width",
           .summary = "units or channels of the hidden layers at which this is the standard "
                      "parametrization, and for which the learning rate was chosen",
           .default_value = 64.0,
           .minimum = 1,
           .maximum = kLargest,
           .integer = true},
          gain_parameter("auto"),
          {.name = "output_mult",
           .summary = "factor on the outputs",
           .default_value = 1.0,
           .minimum = 0,
           .maximum = kLargest,
           .exclusive_minimum = true},
          {.name = "readout",
           .summary = "start of the output layer's weights",
           .default_value = "random",
           .choices = {"random", "zero"},
           .number_allowed = false}};
}

std::vector<SchemeParameter> ntk_parameters() {
  SchemeParameter sigma_w = gain_parameter("auto");
  sigma_w.name = "sigma_w";
  return {sigma_w,
          {.name = "sigma_b",
           .summary = "factor on the biases; 0 leaves them without effect",
           .default_value = 0.1,
           .minimum = 0,
           .maximum = kLargest}};
}

}  // namespace

std::vector<Scheme> width_rows() {
  return {
      {.name = "mup",
       .aliases = {"muP"},
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "Maximal update parametrization: features move as much at any width, so that a "
                  "learning rate found at base_width serves wider networks; at base_width it is "
                  "the standard parametrization",
       .formula = "w ~ N(0, gain^2 / fan_in); read-out: w ~ N(0, gain^2 width_mult / fan_in), "
                  "logits times output_mult / width_mult; rates: Adam hidden / width_mult; SGD "
                  "first, read-out, biases * width_mult",
       .source = "Yang et al. 2022, arXiv:2203.03466, table 8; the public package mup",
       .parameters = mup_parameters(),
       .misfit = own_gain_misfit,
       .fill = fill_normal_by_variance,
       .variance = mup_variance,
       .gaussian = always_gaussian,
       .parametrize = mup_parametrize,
       .rate_factors = mup_rates},
      {.name = "ntk",
       .aliases = {"ntk_param"},
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "Neural tangent parametrization: stored weights and biases are standard normal, "
                  "the network multiplies them; the same functions at initialization as "
                  "gaussian_mean_field, other gradients and learning rates",
       .formula = "z = sigma_w / sqrt(fan_in) W x + sigma_b b, W, b ~ N(0, 1)",
       .source = "Jacot, Gabriel & Hongler 2018, arXiv:1806.07572, section 2",
       .parameters = ntk_parameters(),
       .for_biases = true,
       .brings_biases = true,
       .misfit = ntk_misfit,
       .fill = fill_standard_normal,
       .variance = unit_variance,
       .gaussian = always_gaussian,
       .parametrize = ntk_parametrize},
  };
}

}  // namespace initbench
