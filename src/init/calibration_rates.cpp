#include "init/calibration_rates.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/exact_math.h"
#include "base/moments.h"
#include "base/random.h"
#include "init/calibration_moments.h"

namespace initbench {
namespace {

class RateEqualizer {
 public:
  RateEqualizer(const Scheme& scheme, Calibration& calibration)
      : scheme_(scheme), calibration_(calibration), noise_(noise()) {
    for (std::size_t i = 0; i < calibration_.layers.size(); ++i) {
      input_scale_.push_back(mean_magnitude(layer(i).input));
    }
  }

  RateResult run(int max_iterations) {
    measure();
    RateResult result{.before = deviation(), .after = 0, .iterations = 0};
    while (deviation() > kEqualRates && result.iterations < max_iterations) {
      rescale();
      measure();
      ++result.iterations;
    }
    result.after = deviation();
    result.gradient_evaluations = result.iterations + 1;
    return result;
  }

 private:
  const Layer& layer(std::size_t i) const {
    return calibration_.network.layers()[calibration_.layers[i]];
  }

  Matrix noise() const {
    const Network& network = calibration_.network;
    Rng rng({.seed = calibration_.seed,
             .purpose = Purpose::calibration,
             .name = "outputs",
             .tensor = "gradient"});
    Matrix noise(network.node(network.output()).shape.features(), calibration_.pass.batch());
    for (Index i = 0; i < noise.size(); ++i) noise.data()[i] = static_cast<Scalar>(rng.normal());
    return noise;
  }

  double mean_magnitude(NodeId node) const {
    const ConstMatrixView x = calibration_.pass.value(node);
    return x.cast<double>().cwiseAbs().sum() / static_cast<double>(x.size());
  }

  void measure() {
    calibration_.pass.backward(noise_, gradient_);
    log_rates_.clear();
    for (std::size_t i = 0; i < calibration_.layers.size(); ++i) {
      const Parameter& weight = calibration_.network.parameter(layer(i).weight);
      const auto size = static_cast<std::size_t>(weight.size);
      const double change = sum_of_squares({gradient_.data() + weight.offset, size});
      const double length =
          sum_of_squares({calibration_.network.values().data() + weight.offset, size});
      const double squared_rate = change / length;
      if (!std::isnormal(squared_rate)) {
        refuse(calibration_, i, scheme_,
               "the outputs' gradient by its weights is 0 or not finite, so its rate cannot be "
               "made equal to the others'; use kaiming_normal or orthogonal for layers that start "
               "at 0 or behind them, or unit_variance_per_unit here");
      }
      log_rates_.push_back(exact::log(squared_rate) / 2);
    }
    mean_ = 0;
    for (const double rate : log_rates_) mean_ += rate / static_cast<double>(log_rates_.size());
  }

  double deviation() const {
    double largest = 0;
    for (const double rate : log_rates_) largest = std::max(largest, std::abs(rate - mean_));
    return largest;
  }

  void rescale() {
    for (std::size_t i = 0; i < calibration_.layers.size(); ++i) {
      const double input_scale = mean_magnitude(layer(i).input);
      const double factor = exact::exp((log_rates_[i] - mean_) / 2);
      scale_weight(calibration_.network, layer(i), factor);
      if (layer(i).bias && input_scale_[i] > 0) {
        const double of_bias = factor * input_scale / input_scale_[i];
        calibration_.network.values_of(*layer(i).bias) *= static_cast<Scalar>(of_bias);
      }
      input_scale_[i] = input_scale;
      calibration_.pass.changed(layer(i).linear);
    }
  }

  const Scheme& scheme_;
  Calibration& calibration_;
  Matrix noise_;
  Vector gradient_;
  std::vector<double> log_rates_;  // of each layer
  double mean_ = 0;                // of log_rates_: the logarithm of the geometric mean
  std::vector<double> input_scale_;
};

}  // namespace

RateResult equalize_rates(const Scheme& scheme, int max_iterations, Calibration& calibration) {
  return RateEqualizer(scheme, calibration).run(max_iterations);
}

}  // namespace initbench
