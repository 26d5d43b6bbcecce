/// What schemes that calibrate one layer on the batch of training data have in common: measuring
/// the layer's linear map (its bias included), before a norm, with the layers below as they will
/// be; what they report; what they refuse.
#pragma once

#include <string>
#include <string_view>

#include "base/moments.h"
#include "init/calibration.h"
#include "init/rows.h"

namespace initbench {

/// The layer of a calibration that has one.
const Layer& only_layer(const Calibration& calibration);

/// Takes the batch that the choice asks for.
void use_batch(const InitChoice& choice, Calibration& calibration);

/// Over units, positions and samples.
Moments measure(const Layer& layer, Calibration& calibration);
/// Of each unit or channel, over positions and samples.
std::vector<Moments> measure_units(const Layer& layer, Calibration& calibration);

/// Notes what the layer has reached.
void record(const InitChoice& choice, const Layer& layer, int iterations, const Moments& reached,
            Calibration& calibration);

/// "the batch of 256 training samples"
std::string batch_text(const Calibration& calibration);

/// Refuses the layer because of what it reads: `reason`, then what to do about its input.
[[noreturn]] void refuse_input(const InitChoice& choice, const Calibration& calibration,
                               const std::string& reason);

/// Refuses weights that are not finite.
void require_finite(const InitChoice& choice, const Layer& layer, const Calibration& calibration);

// Inline: the list of schemes needs them where calibrations are not linked.
/// The parameter "batch_size" of such schemes.
inline SchemeParameter batch_size(double samples, std::string_view summary) {
  return {.name = "batch_size",
          .summary = summary,
          .default_value = samples,
          .minimum = 1,
          .maximum = kLargest,
          .integer = true};
}
/// The parameter "max_iterations".
inline SchemeParameter max_iterations(double iterations, std::string_view summary) {
  return {.name = "max_iterations",
          .summary = summary,
          .default_value = iterations,
          .minimum = 0,
          .maximum = 1000,
          .integer = true};
}

inline constexpr std::string_view kBatchSummary =
    "training samples of the batch that is measured; all, if there are fewer";

}  // namespace initbench
