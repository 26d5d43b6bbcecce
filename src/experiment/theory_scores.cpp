#include "experiment/theory_scores.h"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "experiment/sample_statistics.h"

namespace initbench {
namespace {

double square(double x) { return x * x; }

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// ln(measured / predicted) of figures that are at least 0: infinite when just one of the two is 0,
/// or is no such figure at all.
double log_error(double measured, double predicted) {
  if (measured == 0 && predicted == 0) return 0;  // exact zeros agree
  if (!(predicted > 0) || std::isinf(measured)) return kInfinity;
  return measured > 0 ? std::log(measured / predicted) : -kInfinity;
}

/// What finite widths and float shift, as a share: no layer's numbers are meant more exactly.
double width_bias(std::span<const TheorySample> samples, std::size_t layer) {
  double bias = 1e-5;
  for (std::size_t i = 0; i <= layer; ++i) {
    bias = std::max(bias, samples.front().predicted.layers[i].width_bias);
  }
  return bias;
}

/// The mean of the logarithm of a gamma variable of mean 1, of which the variance is given.
double mean_log_of_gamma(double log_variance) {
  constexpr double kTiny = 1e-8;  // below, the bracket is rounding
  if (log_variance < kTiny) return -log_variance / 2;
  const auto excess = [&](double shape) { return boost::math::trigamma(shape) - log_variance; };
  const double low = 1 / log_variance;  // trigamma(x) is between 1 / x and 1 / x + 1 / x^2
  std::uintmax_t iterations = 60;
  const auto shape = boost::math::tools::toms748_solve(
      excess, low, low + 1, boost::math::tools::eps_tolerance<double>(40), iterations);
  return boost::math::digamma(shape.first) - std::log(shape.first);
}

/// Of figures of which theory predicts no spread: by that of the seeds, Student's t, as a normal
/// deviate. `bias` is what finite widths may shift the logarithm by. Empty when a sample
/// lacks a figure, and for fewer than three.
template <typename Predicted, typename Measured>
std::optional<double> z_by_seeds(std::span<const TheorySample> samples, double bias,
                                 Predicted predicted, Measured measured) {
  constexpr std::size_t kFewestSeeds = 3;
  std::vector<double> logs;
  for (const TheorySample& sample : samples) {
    const std::optional<double> expected = predicted(sample);
    const std::optional<double> found = measured(sample);
    if (!expected || !found) return std::nullopt;
    logs.push_back(log_error(*found, *expected));
  }
  if (logs.size() < kFewestSeeds) return std::nullopt;
  const auto infinite =
      std::find_if(logs.begin(), logs.end(), [](double error) { return std::isinf(error); });
  if (infinite != logs.end()) return *infinite;
  const SampleStatistics seen = sample_statistics(logs);
  if (!seen.mean || !seen.deviation) return std::nullopt;
  const auto count = static_cast<double>(logs.size());
  const double variance = square(*seen.deviation);
  const double t = (*seen.mean + variance / 2) / std::sqrt(variance / count + bias * bias);
  return normal_deviate(t, count - 1);
}

}  // namespace

/// Deep networks' second moments are products of many factors, so their logarithm is compared. Its
/// mean is below the logarithm of the mean, by how much the last factor says, a sum of the layer's
/// own squares, and half the variance of all others. Samples that fluctuate apart shrink both.
std::optional<double> length_z(std::span<const TheorySample> samples, std::size_t layer,
                               double spread) {
  std::vector<double> logs;
  for (const TheorySample& sample : samples) {
    const std::optional<double>& predicted = sample.predicted.layers[layer].pre_second_moment;
    if (!predicted) return std::nullopt;
    const double error = log_error(sample.measured[layer].pre_second_moment, *predicted);
    if (std::isinf(error)) return error;
    logs.push_back(error);
  }
  const double own =
      std::min(spread, 2 / static_cast<double>(samples.front().measured[layer].units));
  const double of_own = own > 0 ? boost::math::trigamma(1 / own) : 0;
  const double of_others = std::log1p(spread) - std::log1p(own);
  const double allowed = of_own + of_others;
  const SampleStatistics seen = sample_statistics(logs);
  double share = 1;
  if (seen.deviation && square(*seen.deviation) < allowed) {
    share = square(*seen.deviation) / allowed;
  }
  const double expected = mean_log_of_gamma(share * of_own) - share * of_others / 2;
  const double bias = width_bias(samples, layer);
  const auto count = static_cast<double>(logs.size());
  return (seen.mean.value_or(0) - expected) / std::sqrt(allowed / count + bias * bias);
}

/// The relative errors of 1 - cosine grow from layer to layer. Theory counts pairs of samples by
/// their lengths, and measurement each once.
std::optional<double> cosine_z(std::span<const TheorySample> samples, std::size_t layer) {
  double bias = 1e-2;
  for (std::size_t i = 0; i <= layer; ++i) bias += samples.front().predicted.layers[i].width_bias;
  constexpr double kDigits = 1e-6;  // that float leaves of 1 - cosine
  const double first = samples.front().predicted.layers[layer].pre_gap.value_or(0);
  bias += kDigits / std::max(first, kDigits);
  return z_by_seeds(
      samples, bias,
      [&](const TheorySample& sample) -> std::optional<double> {
        const std::optional<double>& gap = sample.predicted.layers[layer].pre_gap;
        return gap ? std::optional(std::max(*gap, kDigits)) : std::nullopt;
      },
      [&](const TheorySample& sample) -> std::optional<double> {
        const std::optional<double>& cosine = sample.measured[layer].pre_cosine;
        return cosine ? std::optional(std::max(1 - *cosine, kDigits)) : std::nullopt;
      });
}

std::optional<double> delta_ratio_z(std::span<const TheorySample> samples, std::size_t layer) {
  double bias = 1e-5;
  for (std::size_t i = layer; i < std::min(layer + 2, samples.front().measured.size()); ++i) {
    bias += samples.front().predicted.layers[i].width_bias;
  }
  if (layer + 1 < samples.front().measured.size()) {
    bias += samples.front().predicted.layers[layer + 1].divisor_bias;
  }
  return z_by_seeds(
      samples, bias,
      [&](const TheorySample& sample) { return sample.predicted.layers[layer].delta_ratio; },
      [&](const TheorySample& sample) { return measured_delta_ratio(sample, layer); });
}

}  // namespace initbench
