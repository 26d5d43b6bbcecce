#include "init/calibration_layer.h"

#include "base/errors.h"
#include "init/calibration_moments.h"

namespace initbench {

const Layer& only_layer(const Calibration& calibration) {
  expects(calibration.layers.size() == 1, "one layer at a time");
  return calibration.network.layers()[calibration.layers.front()];
}

void use_batch(const InitChoice& choice, Calibration& calibration) {
  calibration.pass.use_batch(static_cast<Index>(choice.number("batch_size")));
}

Moments measure(const Layer& layer, Calibration& calibration) {
  return moments_of(entries(calibration.pass.value(layer.linear)));
}

std::vector<Moments> measure_units(const Layer& layer, Calibration& calibration) {
  const Shape& shape = calibration.network.node(layer.linear).shape;
  return unit_moments(shape, calibration.pass.value(layer.linear));
}

void record(const InitChoice& choice, const Layer& layer, int iterations, const Moments& reached,
            Calibration& calibration) {
  calibration.report.layers.push_back({.layer = layer.name,
                                       .scheme = std::string(choice.scheme->name),
                                       .iterations = iterations,
                                       .mean = reached.mean,
                                       .variance = reached.variance});
}

std::string batch_text(const Calibration& calibration) {
  return "the batch of " + std::to_string(calibration.pass.batch()) + " training samples";
}

void refuse_input(const InitChoice& choice, const Calibration& calibration,
                  const std::string& reason) {
  refuse(calibration, 0, *choice.scheme,
         reason +
             "; what the layer reads may be dead or constant: use kaiming_normal or orthogonal "
             "here, another scheme below, or a larger batch_size");
}

void require_finite(const InitChoice& choice, const Layer& layer, const Calibration& calibration) {
  if (is_finite(calibration.network, layer)) return;
  refuse_input(choice, calibration, "its inputs are so small that its weights would be infinite");
}

}  // namespace initbench
