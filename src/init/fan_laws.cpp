#include "init/fan_laws.h"

#include <cmath>

#include "base/errors.h"
#include "init/draws.h"
#include "init/gain.h"

namespace initbench {
namespace {

double std_of(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> variance = choice.scheme->variance(choice, context);
  expects(variance.has_value() && std::isfinite(*variance), "a fan scheme has a finite variance");
  return std::sqrt(*variance);
}

}  // namespace

double fan_in(const TensorContext& context) {
  return static_cast<double>(context.parameter.fans.in);
}

double fan_out(const TensorContext& context) {
  return static_cast<double>(context.parameter.fans.out);
}

bool is_bias(const TensorContext& context) { return context.parameter.role == ParameterRole::bias; }

bool is_kernel(const TensorContext& context) { return context.parameter.dims.size() == 4; }

std::optional<double> lecun_variance(const InitChoice&, const TensorContext& context) {
  return 1 / fan_in(context);
}

std::optional<double> he_variance(const InitChoice&, const TensorContext& context) {
  return 2 / fan_in(context);
}

std::optional<double> glorot_variance(const InitChoice&, const TensorContext& context) {
  return 2 / (fan_in(context) + fan_out(context));
}

std::optional<double> own_gain(const InitChoice& choice, const TensorContext& context) {
  return gain_of(choice.argument("gain"), context.activation);
}

std::optional<double> gain_variance(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> gain = own_gain(choice, context);
  if (!gain) return std::nullopt;
  return *gain * *gain / fan_in(context);
}

std::string own_gain_misfit(const InitChoice& choice, const TensorContext& context) {
  return gain_misfit("gain", choice.argument("gain"), context.activation);
}

void fill_uniform_by_variance(const InitChoice& choice, const TensorContext& context, Rng& rng,
                              std::span<Scalar> values) {
  const double bound = std::sqrt(3.0) * std_of(choice, context);
  draw_uniform(-bound, bound, rng, values);
}

void fill_normal_by_variance(const InitChoice& choice, const TensorContext& context, Rng& rng,
                             std::span<Scalar> values) {
  draw_normal(0, std_of(choice, context), rng, values);
}

void fill_two_sigma_by_variance(const InitChoice& choice, const TensorContext& context, Rng& rng,
                                std::span<Scalar> values) {
  draw_two_sigma_normal(std_of(choice, context), rng, values);
}

}  // namespace initbench
