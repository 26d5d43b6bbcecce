/// The edge of chaos: weights and biases at which lengths of activations keep their value and
/// gradients neither grow nor shrink, for the layer's own activation.
#include <algorithm>
#include <cmath>

#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/rows.h"
#include "theory/critical.h"

namespace initbench {
namespace {

/// The layer's critical point, or why there is none. A linear layer (the read-out) is not iterated:
/// it keeps its input's second moment, without biases.
CriticalResult critical_of(const InitChoice& choice, const TensorContext& context) {
  const Activation& own = context.activation;
  if (own.kind == ActivationKind::linear) return {.point = CriticalPoint{1, {1, 0}}, .reason = {}};
  const ArgumentValue& sigma_b = choice.argument("sigma_b");
  CriticalResult result;
  if (const double* number = std::get_if<double>(&sigma_b)) {
    result = critical_at_bias(own, *number * *number);
  } else {
    result = critical_at_length(own, choice.number("q"));
  }
  if (!result.point) return result;
  WeightScale& scale = result.point->scale;
  if (!std::isfinite(scale.sigma_w2) || scale.sigma_w2 > kLargest * kLargest) {
    return {.point = {}, .reason = "sigma_w^2 there is beyond what weights can hold"};
  }
  scale = {to_ten_digits(scale.sigma_w2), to_ten_digits(scale.sigma_b2)};
  return result;
}

std::string critical_misfit(const InitChoice& choice, const TensorContext& context) {
  const CriticalResult result = critical_of(choice, context);
  if (result.point) return "";
  return std::string(choice.scheme->name) + ": " + result.reason +
         "; use another q or sigma_b, another activation, or variance_scaling";
}

/// sigma_w^2 / fan_in of a weight, sigma_b^2 of a bias.
std::optional<double> critical_variance(const InitChoice& choice, const TensorContext& context) {
  const CriticalResult result = critical_of(choice, context);
  if (!result.point) return std::nullopt;
  const WeightScale& scale = result.point->scale;
  if (is_bias(context)) return scale.sigma_b2;
  return scale.sigma_w2 / fan_in(context);
}

/// The scheme that draws the matrix, with the gain at which a second moment is multiplied by
/// sigma_w^2 whatever the shape: orthonormal columns of a tall matrix keep a vector's length, and
/// that is spread over more outputs.
InitChoice orthogonal_choice(double sigma_w2, const TensorContext& context) {
  const auto out = static_cast<double>(context.parameter.dims[0]);
  const auto in = static_cast<double>(context.parameter.dims[1]);
  const double gain = std::sqrt(sigma_w2 * std::max(1.0, out / in));
  return choose(is_kernel(context) ? "delta_orthogonal" : "orthogonal", {{{"gain", gain}}});
}

std::string orthogonal_misfit(const InitChoice& choice, const TensorContext& context) {
  std::string reason = critical_misfit(choice, context);
  if (!reason.empty() || is_bias(context)) return reason;
  return misfit_of(orthogonal_choice(1, context), context);
}

void fill_orthogonal(const InitChoice& choice, const TensorContext& context, Rng& rng,
                     std::span<Scalar> values) {
  if (is_bias(context)) return fill_normal_by_variance(choice, context, rng, values);
  const WeightScale scale = critical_of(choice, context).point.value().scale;
  const InitChoice orthogonal = orthogonal_choice(scale.sigma_w2, context);
  orthogonal.scheme->fill(orthogonal, context, rng, values);
}

/// sigma_w^2 / channels read: orthonormal columns keep a position's length.
std::optional<double> orthogonal_centre_variance(const InitChoice& choice,
                                                 const TensorContext& context) {
  if (!is_kernel(context)) return std::nullopt;
  const CriticalResult result = critical_of(choice, context);
  if (!result.point) return std::nullopt;
  return result.point->scale.sigma_w2 / static_cast<double>(context.parameter.dims[1]);
}

/// A kernel is 0 but at its centre, so that its entries have no common variance.
std::optional<double> orthogonal_variance(const InitChoice& choice, const TensorContext& context) {
  if (!is_bias(context) && is_kernel(context)) return std::nullopt;
  return critical_variance(choice, context);
}

std::vector<SchemeParameter> critical_parameters() {
  return {{.name = "q",
           .summary = "second moment of pre-activations that the layers keep; used when sigma_b is "
                      "auto",
           .default_value = 1.0,
           .minimum = 1e-8,
           .maximum = 1e8},
          {.name = "sigma_b",
           .summary = "standard deviation of the biases, from which q follows; auto: from q",
           .default_value = "auto",
           .minimum = 0,
           .maximum = 1e4,
           .choices = {"auto"}}};
}

}  // namespace

std::vector<Scheme> critical_rows() {
  constexpr std::string_view kFormula =
      "sigma_w^2 = 1 / E[phi'^2], sigma_b^2 = q - sigma_w^2 E[phi^2] at z ~ N(0, q)";
  return {
      {.name = "critical",
       .aliases = {"edge_of_chaos"},
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "Normal weights and biases on the edge of chaos of the layer's own activation, "
                  "by q or by sigma_b: w ~ N(0, sigma_w^2 / fan_in), b ~ N(0, sigma_b^2); a linear "
                  "layer gets sigma_w = 1, sigma_b = 0",
       .formula = kFormula,
       .source = "Schoenholz et al. 2017, arXiv:1611.01232; Poole et al. 2016, arXiv:1606.05340",
       .parameters = critical_parameters(),
       .for_biases = true,
       .brings_biases = true,
       .misfit = critical_misfit,
       .fill = fill_normal_by_variance,
       .variance = critical_variance,
       .gaussian = always_gaussian},
      {.name = "orthogonal_critical",
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "As critical, with orthogonal matrices times sigma_w (times sqrt(out / in) for "
                  "more outputs than inputs), and delta-orthogonal kernels for convolutions: "
                  "dynamical isometry for tanh as q goes to 0",
       .formula = kFormula,
       .source = "Pennington, Schoenholz & Ganguli 2017, arXiv:1711.04735; Xiao et al. 2018, "
                 "arXiv:1806.05393",
       .parameters = critical_parameters(),
       .for_biases = true,
       .brings_biases = true,
       .misfit = orthogonal_misfit,
       .fill = fill_orthogonal,
       .variance = orthogonal_variance,
       .centre_variance = orthogonal_centre_variance,
       .orthogonal = true},
  };
}

}  // namespace initbench
