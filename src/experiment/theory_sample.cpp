#include "experiment/theory_sample.h"

#include <cmath>
#include <variant>

#include "base/errors.h"
#include "experiment/trial.h"
#include "init/layer_laws.h"

namespace initbench {
namespace {

std::vector<MeasuredNode> measured_pools(const Network& network, const Tape& tape) {
  std::vector<MeasuredNode> measured;
  for (NodeId id = 1; id <= network.output(); ++id) {
    if (!std::holds_alternative<PoolOp>(network.node(id).operation)) continue;
    if (!tape.value(id).allFinite()) continue;
    measured.push_back({id, measure_values(network, id, tape.value(id))});
  }
  return measured;
}

}  // namespace

TheorySample theory_sample(const ExperimentConfig& config, const StepView& first_step,
                           std::span<const LayerStatistics> statistics) {
  const Network& network = first_step.network;
  expects(statistics.size() == network.layers().size(), "the statistics of every layer");
  TheorySample sample{.predicted = predict(network, laws_of(network, layer_inits(config, network)),
                                           measure_input(network, first_step.tape.value(0)),
                                           measured_pools(network, first_step.tape)),
                      .measured = {}};
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    sample.measured.push_back(
        layer_moments(network, network.layers()[i], first_step.tape, statistics[i]));
  }
  return sample;
}

std::optional<double> measured_delta_ratio(const TheorySample& sample, std::size_t layer) {
  if (layer + 1 >= sample.measured.size() || gradients_underflow(sample, layer)) {
    return std::nullopt;
  }
  const double next = sample.measured[layer + 1].delta_squared;
  const double ratio = sample.measured[layer].delta_squared / next;
  if (!(next > 0) || !std::isfinite(ratio)) return std::nullopt;
  return ratio;
}

bool gradients_underflow(const TheorySample& sample, std::size_t layer) {
  // The entries of a gradient with a norm of 1e-32, divided by the batch size, are near the
  // smallest normal float, 1e-38.
  constexpr double kSmallest = 1e-64;
  double squared = 0;
  for (std::size_t i = sample.measured.size(); i-- > layer;) {
    const double measured = sample.measured[i].delta_squared;
    const double predicted = sample.predicted.layers[i].delta_ratio.value_or(0) * squared;
    squared = measured > 0 ? measured : predicted;
    if (squared > 0 && squared < kSmallest) return true;
  }
  return false;
}

}  // namespace initbench
