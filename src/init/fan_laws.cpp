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

std::optional<double> gain_variance(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> gain = gain_of(choice.argument("gain"), context.activation);
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
