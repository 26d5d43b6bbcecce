/// Laws made for one activation, or for each unit's incoming weights as a vector.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/errors.h"
#include "base/exact_math.h"
#include "init/draws.h"
#include "init/fan_laws.h"
#include "init/rows.h"

namespace initbench {
namespace {

// siren

// The bias and the bounds are those of the authors' code: U(-c, c) has variance c^2 / 3.
std::optional<double> siren_variance(const InitChoice& choice, const TensorContext& context) {
  if (is_bias(context)) return 1 / (3 * fan_in(context));
  if (context.position.reads_input) return 1 / (3 * fan_in(context) * fan_in(context));
  const double omega0 = choice.number("omega0");
  return 2 / (fan_in(context) * omega0 * omega0);
}

std::string siren_remark(const InitChoice& choice, std::span<const Layer* const> layers) {
  std::string others;
  for (const Layer* layer : layers) {
    const bool fits = layer->activation ==
                      Activation{.kind = ActivationKind::sin, .parameter = choice.number("omega0")};
    if (fits || layer->position.is_last) continue;
    others += (others.empty() ? "" : ", ") + layer->name;
  }
  if (others.empty()) return "";
  return "siren is made for the activation sin(omega z) with omega = omega0, which these layers do "
         "not have: " +
         others;
}

// random_walk

/// The gain at which E[log |a|^2] stays: log(chi^2 of N) is on average about 1/N below log(N). That
/// of relu, whose alive units vary in number, is a fit, right to 1e-3 from N = 20 on. N: the
/// layer's outputs, not the network's depth.
double random_walk_gain(const TensorContext& context) {
  const auto n = static_cast<double>(context.parameter.dims[0]);
  if (context.activation.kind == ActivationKind::linear) return exact::exp(1 / (2 * n));
  return std::numbers::sqrt2 * exact::exp(1.2 / (std::max(n, 6.0) - 2.4));
}

std::optional<double> random_walk_variance(const InitChoice&, const TensorContext& context) {
  const double gain = random_walk_gain(context);
  return gain * gain / fan_in(context);
}

std::string random_walk_misfit(const InitChoice&, const TensorContext& context) {
  const ActivationKind kind = context.activation.kind;
  if (kind == ActivationKind::linear || kind == ActivationKind::relu) return "";
  return "random_walk has gains for linear and relu layers alone, not for " +
         std::string(activation_row(kind).name) +
         "; use kaiming_normal with nonlinearity second_moment";
}

// rai

/// Keeps E|a|^2 from growing: the bound E[(relu(s z) + B)^2] of a unit's square, z normal and B of
/// law Beta(2, 1), is s^2 / 2 + 2 s E[B] / sqrt(2 pi) + E[B^2] with E[B] = 2/3, E[B^2] = 1/2, and 1
/// here.
constexpr double kRaiSigma = 0.6007;

/// Each unit's exception: an entry of [W | b] from Beta(2, 1), the square root of a uniform number.
struct Exception {
  std::size_t column;  // fan_in: the bias
  double value;
};

/// A layer's weights and biases are filled apart but share these, from a stream that both know.
std::vector<Exception> rai_exceptions(const TensorContext& context, const Rng& rng) {
  Rng shared = rng.sibling("rai");
  std::vector<Exception> exceptions;
  for (Index unit = 0; unit < context.parameter.dims[0]; ++unit) {
    const Index column = shared.below(context.parameter.fans.in + 1);
    exceptions.push_back(
        {.column = static_cast<std::size_t>(column), .value = std::sqrt(shared.uniform())});
  }
  return exceptions;
}

// values (units, fan_in) of weights, (units) of biases
void fill_rai(const InitChoice&, const TensorContext& context, Rng& rng, std::span<Scalar> values) {
  const std::vector<Exception> exceptions = rai_exceptions(context, rng);
  draw_normal(0, kRaiSigma / std::sqrt(fan_in(context)), rng, values);
  const auto columns = static_cast<std::size_t>(context.parameter.fans.in);
  for (std::size_t unit = 0; unit < exceptions.size(); ++unit) {
    const auto [column, value] = exceptions[unit];
    if ((column == columns) != is_bias(context)) continue;
    values[is_bias(context) ? unit : unit * columns + column] = static_cast<Scalar>(value);
  }
}

// nguyen_widrow, equinorm

/// Draws each unit's incoming weights and scales them to one length.
void fill_units_of_length(double length, double (*draw)(Rng&), const TensorContext& context,
                          Rng& rng, std::span<Scalar> values) {
  std::vector<double> unit(static_cast<std::size_t>(context.parameter.fans.in));
  for (std::size_t start = 0; start < values.size(); start += unit.size()) {
    double square = 0;
    for (double& weight : unit) {
      weight = draw(rng);
      square += weight * weight;
    }
    expects(square > 0, "draws are never 0");
    const double factor = length / std::sqrt(square);
    for (std::size_t i = 0; i < unit.size(); ++i) {
      values[start + i] = static_cast<Scalar>(factor * unit[i]);
    }
  }
}

double draw_between_minus_one_and_one(Rng& rng) { return 2 * rng.uniform_open() - 1; }
double draw_standard_normal(Rng& rng) { return rng.normal(); }

/// 0.7 h^(1/n) of n inputs and h units.
double nguyen_widrow_length(const TensorContext& context) {
  const auto units = static_cast<double>(context.parameter.dims[0]);
  return 0.7 * exact::exp(exact::log(units) / fan_in(context));
}

void fill_nguyen_widrow(const InitChoice&, const TensorContext& context, Rng& rng,
                        std::span<Scalar> values) {
  const double length = nguyen_widrow_length(context);
  if (is_bias(context)) return draw_uniform(-length, length, rng, values);
  fill_units_of_length(length, draw_between_minus_one_and_one, context, rng, values);
}

std::optional<double> nguyen_widrow_variance(const InitChoice&, const TensorContext& context) {
  const double length = nguyen_widrow_length(context);
  return length * length / (is_bias(context) ? 3 : fan_in(context));
}

void fill_equinorm(const InitChoice& choice, const TensorContext& context, Rng& rng,
                   std::span<Scalar> values) {
  const double length = std::sqrt(choice.number("scale"));
  fill_units_of_length(length, draw_standard_normal, context, rng, values);
}

std::optional<double> equinorm_variance(const InitChoice& choice, const TensorContext& context) {
  return choice.number("scale") / fan_in(context);
}

Scheme siren_row() {
  return {.name = "siren",
          .aliases = {},
          .scheme_class = SchemeClass::architecture_aware,
          .summary =
              "For the activation sin(omega0 z), that is {\"name\": \"sin\", \"omega\": 30}: "
              "another law for the layer that reads the input; biases as torch_default",
          .formula =
              "w ~ U(-c, c), c = 1 / fan_in in the layer that reads the input, "
              "sqrt(6 / fan_in) / omega0 in the others; b ~ U(-1 / sqrt(fan_in), "
              "1 / sqrt(fan_in))",
          .source =
              "Sitzmann et al. 2020, arXiv:2006.09661; the authors' siren/modules.py, where "
              "biases stay torch.nn.Linear's",
          .parameters = {{.name = "omega0",
                          .summary = "the activations' frequency",
                          .default_value = 30.0,
                          .minimum = 1 / kLargest,
                          .maximum = kLargest}},
          .for_biases = true,
          .brings_biases = true,
          .fill = fill_uniform_by_variance,
          .variance = siren_variance,
          .remark = siren_remark};
}

Scheme random_walk_row() {
  return {.name = "random_walk",
          .aliases = {},
          .summary =
              "Normal; keeps the mean logarithm of activations' length, where Kaiming's keeps "
              "the mean square and typical deep narrow networks decay; for linear and relu "
              "layers",
          .formula =
              "w ~ N(0, g^2 / fan_in), N = units: g = exp(1 / (2 N)) linear, "
              "sqrt(2) exp(1.2 / (max(N, 6) - 2.4)) relu",
          .source = "Sussillo & Abbott 2014, arXiv:1412.6558",
          .weight_shape = WeightShape::matrix,
          .instead = "kaiming_normal",
          .misfit = random_walk_misfit,
          .fill = fill_normal_by_variance,
          .variance = random_walk_variance,
          .gaussian = always_gaussian};
}

Scheme rai_row() {
  return {.name = "rai",
          .aliases = {},
          .summary =
              "Randomized asymmetric initialization: fewer ReLU networks are born dead, "
              "because one of each unit's weights or its bias is positive; serves weights "
              "and biases together",
          .formula =
              "[w | b] ~ N(0, 0.6007^2 / fan_in), but in each row one random entry ~ "
              "Beta(2, 1)",
          .source = "Lu, Shin, Su & Karniadakis 2019, arXiv:1903.06733",
          .for_biases = true,
          .brings_biases = true,
          .fill = fill_rai};
}

Scheme nguyen_widrow_row() {
  return {.name = "nguyen_widrow",
          .aliases = {},
          .summary =
              "Spreads the active regions of saturating units over inputs in [-1, 1]: each "
              "unit's weights scaled to one length, uniform biases",
          .formula =
              "w = beta * u / |u|, u ~ U(-1, 1), b ~ U(-beta, beta), beta = 0.7 * "
              "units^(1 / fan_in)",
          .source = "Nguyen & Widrow 1990, IJCNN, vol. 3, pp. 21-26",
          .for_biases = true,
          .brings_biases = true,
          .fill = fill_nguyen_widrow,
          .variance = nguyen_widrow_variance};
}

Scheme equinorm_row() {
  return {.name = "equinorm",
          .aliases = {},
          .summary =
              "As kaiming_normal, with each unit's incoming weights rescaled to the same "
              "length: uniform on a sphere",
          .formula = "w = sqrt(scale) * z / |z|, z ~ N(0, 1), |.| over a unit's fan_in weights",
          .source =
              "derived from He et al. 2015, arXiv:1502.01852: the same variance, without the "
              "fluctuation of units' lengths by about 1 / sqrt(2 fan_in)",
          .parameters = {{.name = "scale",
                          .summary = "squared length of a unit's incoming weights",
                          .default_value = 2.0,
                          .minimum = 0,
                          .maximum = kLargest,
                          .exclusive_minimum = true}},
          .fill = fill_equinorm,
          .variance = equinorm_variance};
}

}  // namespace

std::vector<Scheme> special_rows() {
  return {siren_row(), random_walk_row(), rai_row(), nguyen_widrow_row(), equinorm_row()};
}

}  // namespace initbench
