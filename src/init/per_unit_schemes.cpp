/// What standardizes every unit over a batch of training data: weight_norm, unit_variance_per_unit,
/// krahenbuhl. One keyed batch for the whole network, batch norms with its statistics, dropout off.
#include <algorithm>
#include <cmath>
#include <utility>

#include "init/calibration_layer.h"
#include "init/calibration_moments.h"
#include "init/calibration_rates.h"
#include "init/draws.h"
#include "init/gain.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

/// Biases are replaced, so they start at 0: beside large ones rounding would swallow what weights
/// do.
void clear_biases(const Layer& layer, Calibration& calibration) {
  if (!layer.bias) return;
  calibration.network.values_of(*layer.bias).setZero();
  calibration.pass.changed(layer.linear);
}

/// Standardizes every unit and reports the layer as a whole.
void calibrate_units(const InitChoice& choice, const UnitTarget& target, Calibration& calibration) {
  use_batch(choice, calibration);
  const Layer& layer = only_layer(calibration);
  clear_biases(layer, calibration);
  const std::vector<Moments> moments = measure_units(layer, calibration);
  const auto constant = std::find_if(moments.begin(), moments.end(), is_constant);
  if (constant != moments.end()) {
    refuse_input(choice, calibration,
                 "its unit " + std::to_string(constant - moments.begin() + 1) + " of " +
                     std::to_string(moments.size()) + " has no variance over " +
                     batch_text(calibration));
  }
  standardize_units(calibration.network, layer, moments, target);
  require_finite(choice, layer, calibration);
  calibration.pass.changed(layer.linear);
  record(choice, layer, 1, measure(layer, calibration), calibration);
}

void calibrate_weight_norm(const InitChoice& choice, Calibration& calibration) {
  calibrate_units(choice, {.scale = choice.number("scale"), .mean = 0, .epsilon = 1e-10},
                  calibration);
}

void calibrate_unit_variance(const InitChoice& choice, Calibration& calibration) {
  calibrate_units(choice, {.scale = 1, .mean = choice.number("beta")}, calibration);
}

/// Without a bias a unit's mean cannot be moved.
std::string bias_remark(const InitChoice& choice, std::span<const Layer* const> layers) {
  std::vector<std::string_view> names;
  for (const Layer* layer : layers) {
    if (!layer->bias) names.push_back(layer->name);
  }
  if (names.empty()) return "";
  return std::string(choice.scheme->name) +
         ": without biases units get their variance and keep a mean, in " + listed(names, "and");
}

void fill_small_normal(const InitChoice&, const TensorContext&, Rng& rng,
                       std::span<Scalar> values) {
  draw_normal(0, 0.05, rng, values);
}

void fill_inverse_fan_in(const InitChoice&, const TensorContext& context, Rng& rng,
                         std::span<Scalar> values) {
  draw_normal(0, std::sqrt(1 / static_cast<double>(context.parameter.fans.in)), rng, values);
}

// krahenbuhl

/// The layers' records, with the moments that they have after the second stage.
void update_records(const Scheme& scheme, Calibration& calibration) {
  for (const std::size_t i : calibration.layers) {
    const Layer& layer = calibration.network.layers()[i];
    const Moments moments = measure(layer, calibration);
    for (LayerCalibration& earlier : calibration.report.layers) {
      if (earlier.layer != layer.name || earlier.scheme != scheme.name) continue;
      earlier.mean = moments.mean;
      earlier.variance = moments.variance;
    }
  }
}

void equalize(const InitChoice& choice, Calibration& calibration) {
  use_batch(choice, calibration);
  const Scheme& scheme = *choice.scheme;
  const auto max_iterations = static_cast<int>(choice.number("max_iterations"));
  const RateResult result = equalize_rates(scheme, max_iterations, calibration);
  NetworkCalibration record{
      .scheme = std::string(scheme.name),
      .layers = {},
      .objective = "largest |ln(relative gradient / geometric mean of the layers')|",
      .before = result.before,
      .after = result.after,
      .iterations = result.iterations,
      .gradient_evaluations = result.gradient_evaluations};
  for (const std::size_t i : calibration.layers) {
    record.layers.push_back(calibration.network.layers()[i].name);
  }
  calibration.report.networks.push_back(std::move(record));
  update_records(scheme, calibration);
  if (result.after <= kEqualRates) return;
  calibration.report.notes.push_back(
      std::string(scheme.name) + ": relative gradients still differ by a factor of exp(" +
      number_text(to_ten_digits(result.after)) + ") after " + std::to_string(result.iterations) +
      " rescalings; raise max_iterations");
}

SchemeParameter beta() {
  return {.name = "beta",
          .summary = "mean of every unit",
          .default_value = 0.0,
          .minimum = -1000,
          .maximum = 1000};
}

}  // namespace

std::vector<Scheme> per_unit_rows() {
  return {
      {.name = "weight_norm",
       .aliases = {},
       .scheme_class = SchemeClass::data_dependent,
       .summary = "The start of weight normalization: every unit has mean 0 and variance scale^2 "
                  "over a batch of training samples, biases included; the weights are g v / |v|, "
                  "trained directly",
       .formula = "v ~ N(0, 0.05^2), t = v x / |v|; g = scale / sqrt(Var(t) + 1e-10), w = g v / "
                  "|v|, b = -g mean(t)",
       .source = "Salimans & Kingma 2016, arXiv:1602.07868, section 3",
       .parameters = {{.name = "scale",
                       .summary = "standard deviation of every unit",
                       .default_value = 1.0,
                       .minimum = 0,
                       .maximum = 1000,
                       .exclusive_minimum = true},
                      batch_size(256, kBatchSummary)},
       .fill = fill_small_normal,
       .remark = bias_remark,
       .calibrate_layer = calibrate_weight_norm},
      {.name = "unit_variance_per_unit",
       .scheme_class = SchemeClass::data_dependent,
       .summary = "Every unit has mean beta and variance 1 over a batch of training samples, "
                  "biases included: the first stage of krahenbuhl alone",
       .formula = "w ~ N(0, 1 / fan_in); unit k: w <- w / std(z), b = beta - mean(z) / std(z)",
       .source = "Kraehenbuehl et al. 2016, arXiv:1511.06856, section 3.1",
       .parameters = {beta(), batch_size(256, kBatchSummary)},
       .fill = fill_inverse_fan_in,
       .remark = bias_remark,
       .calibrate_layer = calibrate_unit_variance},
      {.name = "krahenbuhl",
       .aliases = {"magic_init"},
       .scheme_class = SchemeClass::data_dependent,
       .summary = "As unit_variance_per_unit; then layers are rescaled until all weights have the "
                  "same relative gradient r under random output gradients, within 1 %; a chain "
                  "of ReLU layers keeps its function",
       .formula = "first stage; r = sqrt(mean(dw^2) / mean(w^2)); w, b of each layer times sqrt(r "
                  "/ geometric mean of all r), b times the scale of its input",
       .source = "Kraehenbuehl et al. 2016, arXiv:1511.06856; the authors' code, whose scale by "
                 "the outputs' deviation is left out",
       .parameters = {beta(), max_iterations(10, "rescalings of the second stage at most"),
                      batch_size(160,
                                 "training samples measured, the authors' 10 batches of 16 "
                                 "at once; all, if there are fewer")},
       .fill = fill_inverse_fan_in,
       .remark = bias_remark,
       .calibrate_layer = calibrate_unit_variance,
       .calibrate_network = equalize},
  };
}

}  // namespace initbench
