#include "init/calibration_metainit.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace initbench {
namespace {

/// Of a norm's logarithm, for the sign of the derivative.
constexpr double kLogStep = 0.01;
/// A norm's least share of its start.
constexpr double kLeastNorm = 0.01;

/// The noise of a step; `name` tells the evaluation's from the steps'.
Samples noise(const Dataset& like, const MetaInitSettings& settings, std::uint64_t seed,
              std::string_view name, int step) {
  Rng rng({.seed = seed,
           .purpose = Purpose::calibration,
           .name = name,
           .tensor = "samples",
           .substream = static_cast<std::uint64_t>(step)});
  return noise_samples(like, settings.batch_size, rng);
}

/// One weight tensor whose norm is being learned.
struct LearnedNorm {
  Index offset = 0;
  Index size = 0;
  double least = 0;
  double memory = 0;
};

VectorView weights(const LearnedNorm& norm, Vector& parameters) {
  return {parameters.data() + norm.offset, norm.size};
}

double length(const LearnedNorm& norm, Vector& parameters) {
  return std::sqrt(weights(norm, parameters).cast<double>().squaredNorm());
}

/// The sign of dGQ / d norm; NaN when a quotient is not finite.
double slope_sign(LossSurface& surface, const LearnedNorm& norm, const Samples& samples,
                  double epsilon, const Vector& parameters) {
  const auto quotient_at = [&](double factor) {
    Vector scaled = parameters;
    weights(norm, scaled) *= static_cast<Scalar>(factor);
    return gradient_quotient(surface, scaled, samples, epsilon);
  };
  const double difference = quotient_at(1 + kLogStep) - quotient_at(1 / (1 + kLogStep));
  if (!std::isfinite(difference)) return std::numeric_limits<double>::quiet_NaN();
  if (difference == 0) return 0;  // flat to the last bit
  return difference > 0 ? 1 : -1;
}

void step_norm(LearnedNorm& norm, double sign, const MetaInitSettings& settings,
               Vector& parameters) {
  norm.memory = settings.momentum * norm.memory - settings.lr * sign;
  const double old = length(norm, parameters);
  double updated = old + norm.memory;
  if (updated < norm.least) {
    updated = norm.least;
    norm.memory = 0;
  }
  weights(norm, parameters) *= static_cast<Scalar>(updated / old);
}

/// False when a quotient is not finite.
bool step_all(LossSurface& surface, const Samples& samples, const MetaInitSettings& settings,
              std::vector<LearnedNorm>& norms, Vector& parameters) {
  std::vector<double> signs;
  for (const LearnedNorm& norm : norms) {
    signs.push_back(slope_sign(surface, norm, samples, settings.epsilon, parameters));
    if (std::isnan(signs.back())) return false;
  }
  for (std::size_t i = 0; i < norms.size(); ++i) {
    step_norm(norms[i], signs[i], settings, parameters);
  }
  return true;
}

}  // namespace

double gradient_quotient(LossSurface& surface, const Vector& parameters, const Samples& samples,
                         double epsilon) {
  Vector g;
  surface.gradient(parameters, samples, g);
  Vector hg;
  surface.hessian_product(parameters, g, samples, hg);
  double sum = 0;
  for (Index i = 0; i < g.size(); ++i) {
    const auto gradient = static_cast<double>(g[i]);
    const double divisor = gradient + (gradient >= 0 ? epsilon : -epsilon);
    sum += std::abs((gradient - static_cast<double>(hg[i])) / divisor - 1);
  }
  return sum / static_cast<double>(g.size());
}

MetaInitResult run_metainit(const Network& network, std::span<const ParameterId> tensors,
                            const Dataset& like, Loss loss, const MetaInitSettings& settings,
                            std::uint64_t seed, Vector& parameters) {
  LossSurface surface(network, loss, settings.batch_size);
  std::vector<LearnedNorm> norms;
  for (const ParameterId id : tensors) {
    const Parameter& tensor = network.parameter(id);
    LearnedNorm norm{.offset = tensor.offset, .size = tensor.size};
    norm.least = kLeastNorm * length(norm, parameters);
    if (norm.least > 0) norms.push_back(norm);
  }
  const Samples held = noise(like, settings, seed, "metainit_evaluation", 0);
  MetaInitResult result;
  result.before = gradient_quotient(surface, parameters, held, settings.epsilon);
  result.after = result.before;
  for (int step = 0; step < settings.steps; ++step) {
    const Samples samples = noise(like, settings, seed, "metainit", step);
    if (!step_all(surface, samples, settings, norms, parameters)) {
      result.after = std::numeric_limits<double>::quiet_NaN();
      break;
    }
  }
  if (settings.steps > 0 && std::isfinite(result.after)) {
    result.after = gradient_quotient(surface, parameters, held, settings.epsilon);
  }
  result.gradient_evaluations = surface.gradient_evaluations();
  return result;
}

}  // namespace initbench
