/// What looks at a batch of training data: lsuv, weight_norm, unit_variance_per_unit, krahenbuhl.
///
/// All of them measure the layer's linear map (its bias included), before a norm, with the layers
/// below as they will be: one keyed batch for the whole network, batch norms with its statistics,
/// dropout off.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/errors.h"
#include "init/calibration.h"
#include "init/calibration_moments.h"
#include "init/calibration_rates.h"
#include "init/draws.h"
#include "init/gain.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

constexpr std::string_view kRemedy =
    "; what the layer reads may be dead or constant: use kaiming_normal or orthogonal here, "
    "another scheme below, or a larger batch_size";

const Layer& only_layer(const Calibration& calibration) {
  expects(calibration.layers.size() == 1, "one layer at a time");
  return calibration.network.layers()[calibration.layers.front()];
}

std::span<const Scalar> entries(ConstMatrixView values) {
  return {values.data(), static_cast<std::size_t>(values.size())};
}

Moments measure(const Layer& layer, Calibration& calibration) {
  return moments_of(entries(calibration.pass.value(layer.linear)));
}

std::string batch_text(const Calibration& calibration) {
  return "the batch of " + std::to_string(calibration.pass.batch()) + " training samples";
}

void require_finite(const InitChoice& choice, const Layer& layer, const Calibration& calibration) {
  if (is_finite(calibration.network, layer)) return;
  refuse(calibration, 0, *choice.scheme,
         "its inputs are so small that its weights would be infinite" + std::string(kRemedy));
}

void use_batch(const InitChoice& choice, Calibration& calibration) {
  calibration.pass.use_batch(static_cast<Index>(choice.number("batch_size")));
}

// lsuv

Moments measure_varying(const InitChoice& choice, const Layer& layer, Calibration& calibration) {
  const Moments moments = measure(layer, calibration);
  if (is_constant(moments)) {
    refuse(calibration, 0, *choice.scheme,
           "its outputs have no variance over " + batch_text(calibration) + " (variance " +
               number_text(moments.variance) + ")" + std::string(kRemedy));
  }
  return moments;
}

/// A layer that reads constants gives constants, which differ from unit to unit all the same: their
/// variance says nothing about the weights.
void require_varying_units(const InitChoice& choice, const Layer& layer, Calibration& calibration) {
  const Shape& shape = calibration.network.node(layer.linear).shape;
  const std::vector<Moments> units = unit_moments(shape, calibration.pass.value(layer.linear));
  if (units.front().count == 1 || !std::all_of(units.begin(), units.end(), is_constant)) return;
  refuse(calibration, 0, *choice.scheme,
         "its outputs are the same all over " + batch_text(calibration) + std::string(kRemedy));
}

/// Where weights alone cannot reach the variance, scaling has shrunk them to nothing.
void require_small_biases(const InitChoice& choice, const Layer& layer, Calibration& calibration) {
  if (!layer.bias) return;
  const ConstVectorView biases = std::as_const(calibration.network).values_of(*layer.bias);
  const double variance =
      moments_of(std::span(biases.data(), static_cast<std::size_t>(biases.size()))).variance;
  if (variance <= 1 + choice.number("tolerance")) return;
  refuse(calibration, 0, *choice.scheme,
         "its biases alone have variance " + number_text(to_ten_digits(variance)) +
             " over the units, which no weights bring to 1; use a smaller bias_init, such as "
             "zeros");
}

void calibrate_lsuv(const InitChoice& choice, Calibration& calibration) {
  use_batch(choice, calibration);
  const Layer& layer = only_layer(calibration);
  const double tolerance = choice.number("tolerance");
  const auto max_iterations = static_cast<int>(choice.number("max_iterations"));
  Moments moments = measure_varying(choice, layer, calibration);
  require_varying_units(choice, layer, calibration);
  int iterations = 0;
  while (std::abs(moments.variance - 1) > tolerance && iterations < max_iterations) {
    scale_weight(calibration.network, layer, 1 / std::sqrt(moments.variance));
    require_finite(choice, layer, calibration);
    calibration.pass.changed(layer.linear);
    moments = measure_varying(choice, layer, calibration);
    ++iterations;
  }
  const bool reached = std::abs(moments.variance - 1) <= tolerance;
  if (!reached) require_small_biases(choice, layer, calibration);
  calibration.report.layers.push_back({.layer = layer.name,
                                       .scheme = std::string(choice.scheme->name),
                                       .iterations = iterations,
                                       .mean = moments.mean,
                                       .variance = moments.variance});
  if (reached) return;
  calibration.report.notes.push_back(
      "lsuv: layer '" + layer.name + "' has variance " + number_text(moments.variance) + " after " +
      std::to_string(iterations) +
      " iterations; raise max_iterations or tolerance, or use a smaller bias_init");
}

void fill_orthogonal(const InitChoice&, const TensorContext& context, Rng& rng,
                     std::span<Scalar> values) {
  const InitChoice orthogonal = choose("orthogonal");
  orthogonal.scheme->fill(orthogonal, context, rng, values);
}

// per unit

/// Standardizes every unit and reports the layer as a whole.
void calibrate_units(const InitChoice& choice, const UnitTarget& target, Calibration& calibration) {
  use_batch(choice, calibration);
  const Layer& layer = only_layer(calibration);
  const Shape& shape = calibration.network.node(layer.linear).shape;
  const std::vector<Moments> moments = unit_moments(shape, calibration.pass.value(layer.linear));
  const auto constant = std::find_if(moments.begin(), moments.end(), is_constant);
  if (constant != moments.end()) {
    refuse(calibration, 0, *choice.scheme,
           "its unit " + std::to_string(constant - moments.begin() + 1) + " of " +
               std::to_string(moments.size()) + " has no variance over " + batch_text(calibration) +
               std::string(kRemedy));
  }
  standardize_units(calibration.network, layer, moments, target);
  require_finite(choice, layer, calibration);
  calibration.pass.changed(layer.linear);
  const Moments reached = measure(layer, calibration);
  calibration.report.layers.push_back({.layer = layer.name,
                                       .scheme = std::string(choice.scheme->name),
                                       .iterations = 1,
                                       .mean = reached.mean,
                                       .variance = reached.variance});
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
    for (LayerCalibration& record : calibration.report.layers) {
      if (record.layer != layer.name || record.scheme != scheme.name) continue;
      record.mean = moments.mean;
      record.variance = moments.variance;
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

SchemeParameter batch_size(double samples, std::string_view summary) {
  return {.name = "batch_size",
          .summary = summary,
          .default_value = samples,
          .minimum = 1,
          .maximum = kLargest,
          .integer = true};
}

SchemeParameter max_iterations(double iterations, std::string_view summary) {
  return {.name = "max_iterations",
          .summary = summary,
          .default_value = iterations,
          .minimum = 0,
          .maximum = 1000,
          .integer = true};
}

SchemeParameter beta() {
  return {.name = "beta",
          .summary = "mean of every unit",
          .default_value = 0.0,
          .minimum = -1000,
          .maximum = 1000};
}

constexpr std::string_view kBatchSummary =
    "training samples of the batch that is measured; all, if there are fewer";

std::vector<Scheme> whole_layer_rows() {
  return {
      {.name = "lsuv",
       .aliases = {"LSUV"},
       .scheme_class = SchemeClass::data_dependent,
       .summary = "Orthonormal weights, scaled layer by layer until the outputs of the linear map, "
                  "before a norm, have variance 1 over units, positions and a batch of training "
                  "samples; biases as bias_init has them",
       .formula = "w as orthogonal; w <- w / sqrt(Var(z)) until |Var(z) - 1| <= tolerance",
       .source = "Mishkin & Matas 2016, arXiv:1511.06422, algorithm 1; defaults of its Caffe code",
       .parameters = {{.name = "tolerance",
                       .summary = "distance of the variance from 1 that is left alone",
                       .default_value = 0.02,
                       .minimum = 0,
                       .maximum = 1,
                       .exclusive_minimum = true},
                      max_iterations(20, "divisions at most"),
                      batch_size(256, kBatchSummary)},
       .fill = fill_orthogonal,
       .orthogonal = true,
       .calibrate_layer = calibrate_lsuv},
  };
}

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

}  // namespace

std::vector<Scheme> data_rows() { return joined({whole_layer_rows, per_unit_rows}); }

}  // namespace initbench
