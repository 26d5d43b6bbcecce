/// Layer-sequential unit variance: lsuv. One keyed batch for the whole network, batch norms with
/// its statistics, dropout off.
#include <algorithm>
#include <cmath>
#include <utility>

#include "init/calibration_layer.h"
#include "init/calibration_moments.h"
#include "init/gain.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

bool units_vary(const Layer& layer, Calibration& calibration) {
  const std::vector<Moments> units = measure_units(layer, calibration);
  return !std::all_of(units.begin(), units.end(), is_constant);
}

/// Refuses a layer whose outputs do not vary, and says whether its input or its biases are to
/// blame: next to large biases rounding swallows what weights do.
[[noreturn]] void refuse_constant(const InitChoice& choice, const Layer& layer,
                                  const std::string& reason, Calibration& calibration) {
  if (layer.bias) {
    VectorView biases = calibration.network.values_of(*layer.bias);
    const double largest = static_cast<double>(biases.cwiseAbs().maxCoeff());
    biases.setZero();
    calibration.pass.changed(layer.linear);
    if (units_vary(layer, calibration)) {
      refuse(calibration, 0, *choice.scheme,
             reason + ", because of its biases: beside their size of up to " +
                 number_text(to_ten_digits(largest)) +
                 " rounding swallows what weights do; use a smaller bias_init, such as zeros");
    }
  }
  refuse_input(choice, calibration, reason);
}

Moments measure_varying(const InitChoice& choice, const Layer& layer, Calibration& calibration) {
  const Moments moments = measure(layer, calibration);
  if (is_constant(moments)) {
    refuse_constant(choice, layer,
                    "its outputs have no variance over " + batch_text(calibration) + " (variance " +
                        number_text(moments.variance) + ")",
                    calibration);
  }
  return moments;
}

/// A layer that reads constants gives constants, which differ from unit to unit all the same: their
/// variance says nothing about the weights.
void require_varying_units(const InitChoice& choice, const Layer& layer, Calibration& calibration) {
  const bool one_sample = measure_units(layer, calibration).front().count == 1;
  if (one_sample || units_vary(layer, calibration)) return;
  refuse_constant(choice, layer, "its outputs are the same all over " + batch_text(calibration),
                  calibration);
}

/// Where weights alone cannot reach the variance, scaling has shrunk them to nothing.
void require_small_biases(const InitChoice& choice, const Layer& layer, Calibration& calibration) {
  if (!layer.bias) return;
  const ConstVectorView biases = std::as_const(calibration.network).values_of(*layer.bias);
  const double variance = moments_of(entries(biases)).variance;
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
  record(choice, layer, iterations, moments, calibration);
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

}  // namespace

std::vector<Scheme> lsuv_rows() {
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

}  // namespace initbench
