/// Runs a config as users write it and keeps what tests look at.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/config_text.h"
#include "experiment/trial.h"
#include "probe/layer_statistics.h"

namespace initbench {

/// Statistics of every layer at each logged step, the parameters after the last one, the losses.
class Record : public Observer {
 public:
  void on_step(const StepView& view) override {
    statistics.clear();
    for (const Layer& layer : view.network.layers()) {
      statistics.push_back(layer_statistics(view.network, layer, view.tape, view.gradient));
    }
    mean_activations.clear();
    for (const Layer& layer : view.network.layers()) {
      mean_activations.push_back(view.tape.value(layer.activated).cast<double>().cwiseAbs().mean());
    }
    losses.push_back(view.loss);
    gradient = view.gradient;
    network = view.network;
  }

  /// (units x inputs)
  Matrix weight(std::string_view name) const {
    for (const Layer& layer : network->layers()) {
      if (layer.name != name) continue;
      const Parameter& parameter = network->parameter(layer.weight);
      using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      return Eigen::Map<const RowMajor>(network->values_of(layer.weight).data(), parameter.dims[0],
                                        parameter.dims[1]);
    }
    throw std::out_of_range("no such layer");
  }
  double gradient_norm(std::string_view parameter) const {
    for (const Parameter& found : network->parameters()) {
      if (found.name == parameter) return gradient.segment(found.offset, found.size).norm();
    }
    throw std::out_of_range("no such parameter");
  }

  std::vector<LayerStatistics> statistics;  // of the last logged step
  std::vector<double> mean_activations;     // mean |a| of each layer
  std::vector<double> losses;
  Vector gradient;
  std::optional<Network> network;
};

inline Record run(const std::string& text, std::uint64_t seed = 0) {
  ExperimentConfig config = read(text);
  config.seed = seed;
  Record record;
  run_trial(config, load_data(config.data, config.seed), record);
  return record;
}

inline std::string number(Index value) { return std::to_string(value); }

}  // namespace initbench
