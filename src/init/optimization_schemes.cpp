/// What optimizes scales of tensors before training: metainit, gradinit.
#include <cmath>

#include "base/errors.h"
#include "init/calibration.h"
#include "init/calibration_gradinit.h"
#include "init/calibration_metainit.h"
#include "init/draws.h"
#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

/// The start of the optimization. Not the row's `variance`: what theory asks for is its end.
void fill_start(const InitChoice& choice, const TensorContext& context, Rng& rng,
                std::span<Scalar> values) {
  draw_normal(0, std::sqrt(gain_variance(choice, context).value()), rng, values);
}

int whole(const InitChoice& choice, std::string_view parameter) {
  return static_cast<int>(choice.number(parameter));
}

/// Puts optimized parameters into the network and its layers into the record.
void finish(const Scheme& scheme, const Vector& parameters, NetworkCalibration record,
            Calibration& calibration) {
  if (!std::isfinite(record.after) || !parameters.allFinite()) {
    refuse(calibration, 0, scheme,
           "its objective became infinite; use a smaller lr or gain, or normalized data");
  }
  calibration.network.values() = parameters;
  record.scheme = scheme.name;
  for (const std::size_t i : calibration.layers) {
    const Layer& layer = calibration.network.layers()[i];
    record.layers.push_back(layer.name);
    calibration.pass.changed(layer.linear);
  }
  calibration.report.networks.push_back(std::move(record));
}

void calibrate_metainit(const InitChoice& choice, Calibration& calibration) {
  std::vector<ParameterId> weights;
  for (const std::size_t i : calibration.layers) {
    weights.push_back(calibration.network.layers()[i].weight);
  }
  const MetaInitSettings settings{.steps = whole(choice, "steps"),
                                  .lr = choice.number("lr"),
                                  .momentum = choice.number("momentum"),
                                  .epsilon = choice.number("eps"),
                                  .batch_size = whole(choice, "batch_size")};
  Vector parameters = calibration.network.values();
  const MetaInitResult result =
      run_metainit(calibration.network, weights, calibration.train, calibration.loss, settings,
                   calibration.seed, parameters);
  finish(*choice.scheme, parameters,
         {.scheme = {},
          .layers = {},
          .objective = "gradient quotient on noise",
          .before = result.before,
          .after = result.after,
          .iterations = settings.steps,
          .gradient_evaluations = result.gradient_evaluations},
         calibration);
}

void calibrate_gradinit(const InitChoice& choice, Calibration& calibration) {
  std::vector<ParameterId> tensors;
  for (const std::size_t i : calibration.layers) {
    const Layer& layer = calibration.network.layers()[i];
    tensors.push_back(layer.weight);
    if (layer.bias) tensors.push_back(*layer.bias);
  }
  const bool adam = choice.word("optimizer") == "adam";
  const GradInitSettings settings{.optimizer = adam ? LookAhead::adam : LookAhead::sgd,
                                  .eta = choice.number("eta"),
                                  .gamma = choice.number("gamma"),
                                  .iterations = whole(choice, "iterations"),
                                  .lr = choice.number("lr"),
                                  .min_scale = choice.number("min_scale"),
                                  .batch_size = whole(choice, "batch_size")};
  Vector parameters = calibration.network.values();
  const GradInitResult result =
      run_gradinit(calibration.network, tensors, calibration.train, calibration.loss, settings,
                   calibration.seed, parameters);
  finish(*choice.scheme, parameters,
         {.scheme = {},
          .layers = {},
          .objective = "training loss after one step",
          .before = result.before,
          .after = result.after,
          .iterations = settings.iterations,
          .gradient_evaluations = result.gradient_evaluations},
         calibration);
  constexpr double kSlack = 1.1;  // batches differ, and scales move by lr at a time
  if (result.norm_after <= kSlack * settings.gamma) return;
  calibration.report.notes.push_back(
      "gradinit: the gradient is longer than gamma after " + std::to_string(settings.iterations) +
      " iterations (" + std::to_string(result.constrained) +
      " of them shortened it): " + number_text(to_ten_digits(result.norm_after)));
}

SchemeParameter positive(std::string_view name, std::string_view summary, double value) {
  return {.name = name,
          .summary = summary,
          .default_value = value,
          .minimum = 0,
          .maximum = kLargest,
          .exclusive_minimum = true};
}

SchemeParameter count(std::string_view name, std::string_view summary, double value, double least) {
  return {.name = name,
          .summary = summary,
          .default_value = value,
          .minimum = least,
          .maximum = kLargest,
          .integer = true};
}

std::vector<SchemeParameter> metainit_parameters() {
  return {gain_parameter("auto"),
          count("steps", "updates of the norms; each costs 6 gradients per layer", 500, 0),
          positive("lr", "change of a norm in the first update", 0.1),
          {.name = "momentum",
           .summary = "of the changes",
           .default_value = 0.9,
           .minimum = 0,
           .maximum = 0.9999},
          positive("eps", "added to gradients in the divisor", 1e-5),
          count("batch_size", "samples of noise per update", 128, 1)};
}

std::vector<SchemeParameter> gradinit_parameters() {
  return {gain_parameter("auto"),
          {.name = "optimizer",
           .summary = "the step that is looked ahead: -eta g / |g|, or Adam's first, -eta sign(g), "
                      "for which |g| is the sum of magnitudes",
           .default_value = "sgd",
           .choices = {"sgd", "adam"},
           .number_allowed = false},
          positive("eta", "length of the step that is looked ahead; adam: of each entry", 0.1),
          positive("gamma", "longest gradient", 1),
          count("iterations", "updates of the scales; each costs 3 or 4 gradients", 390, 0),
          positive("lr", "learning rate of the scales, by Adam", 0.01),
          {.name = "min_scale",
           .summary = "least scale of a weight; of a bias 0",
           .default_value = 0.01,
           .minimum = 0,
           .maximum = 1,
           .exclusive_minimum = true},
          count("batch_size", "training samples per gradient, half of them shared", 128, 2)};
}

}  // namespace

std::vector<Scheme> optimization_rows() {
  return {
      {.name = "metainit",
       .aliases = {"MetaInit"},
       .scheme_class = SchemeClass::optimization_based,
       .summary = "Learns the norm of each weight tensor, on normal inputs with random answers, so "
                  "that the gradient changes little over one gradient step; sees no data",
       .formula = "w ~ N(0, gain^2 / fan_in); minimize mean |(g - H g) / (g + eps sgn(g)) - 1| by "
                  "signs of its slope: m <- momentum m - lr sgn, |w| <- |w| + m",
       .source = "Dauphin & Schoenholz 2019, NeurIPS: MetaInit",
       .parameters = metainit_parameters(),
       .misfit = own_gain_misfit,
       .fill = fill_start,
       .calibrate_network = calibrate_metainit},
      {.name = "gradinit",
       .aliases = {"GradInit"},
       .scheme_class = SchemeClass::optimization_based,
       .summary = "Learns a scale of each weight and bias tensor, on training batches, so that one "
                  "step of the optimizer lowers the loss most while the gradient is no longer than "
                  "gamma",
       .formula = "w ~ N(0, gain^2 / fan_in); minimize L(p - eta g / |g|) over scales subject to "
                  "|g| <= gamma, L on a batch that shares half its samples with that of g",
       .source = "Zhu et al. 2021, arXiv:2102.08098, algorithm 1; normalized steps and defaults "
                 "of the authors' launch scripts, but the slope is exact, where their code leaves "
                 "out how g moves",
       .parameters = gradinit_parameters(),
       .misfit = own_gain_misfit,
       .fill = fill_start,
       .calibrate_network = calibrate_gradinit},
  };
}

}  // namespace initbench
