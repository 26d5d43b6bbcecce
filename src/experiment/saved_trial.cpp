#include "experiment/saved_trial.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/errors.h"
#include "experiment/weight_content.h"
#include "experiment/weight_files.h"
#include "nn/torch_layout.h"

namespace initbench {
namespace {

constexpr std::string_view kFirst = "optimizer.first.";
constexpr std::string_view kSecond = "optimizer.second.";

std::string joined(std::string_view prefix, std::string_view name) {
  return std::string(prefix).append(name);
}

/// Adds one number per parameter; none when the optimizer remembers nothing of the kind.
void add_memory(const Network& network, const Vector& memory, std::string_view prefix,
                SafetensorsContent& content) {
  if (memory.size() == 0) return;
  Network holder = network;
  holder.values() = memory;
  WeightFile tensors = trained_content_of(holder, 0).tensors;
  for (const Parameter& parameter : network.parameters()) {
    content.tensors.emplace(joined(prefix, parameter.name), std::move(tensors.at(parameter.name)));
  }
}

/// The saved tensors, on their way into the memory of a network.
class Restoration {
 public:
  Restoration(const SavedTrial& saved, Network& network) : saved_(saved), network_(network) {}

  /// One number per parameter, in the network's own order.
  Vector values(std::string_view prefix) const {
    Vector values(network_.values().size());
    for (const Parameter& parameter : network_.parameters()) {
      copy(joined(prefix, parameter.name), span_of(values, parameter));
    }
    for (const Layer& layer : network_.layers()) {
      const Parameter& weight = network_.parameter(layer.weight);
      const Shape& input = network_.node(layer.input).shape;
      if (!flattens_image(weight, input)) continue;
      const std::span<Scalar> stored = span_of(values, weight);
      const std::vector<Scalar> own = from_torch_columns(input, stored);
      std::copy(own.begin(), own.end(), stored.begin());
    }
    return values;
  }

  /// What the optimizer remembers under this prefix, if anything.
  Vector memory(std::string_view prefix) const {
    const std::string first = joined(prefix, network_.parameters().front().name);
    return saved_.tensors.contains(first) ? values(prefix) : Vector();
  }

  void restore_running() const {
    for (const Node& node : network_.nodes()) {
      const auto* norm = std::get_if<BatchNormOp>(&node.operation);
      if (norm == nullptr) continue;
      const std::string name = network_.parameter(norm->scale).layer + ".norm.";
      const auto channels = static_cast<std::size_t>(node.shape.channels);
      Scalar* const mean = network_.running().data() + norm->running;
      copy(name + "running_mean", {mean, channels});
      copy(name + "running_var", {mean + channels, channels});
    }
  }

 private:
  static std::span<Scalar> span_of(Vector& values, const Parameter& parameter) {
    return {values.data() + parameter.offset, static_cast<std::size_t>(parameter.size)};
  }

  void copy(const std::string& name, std::span<Scalar> target) const {
    const auto found = saved_.tensors.find(name);
    if (found == saved_.tensors.end() || found->second.values.size() != target.size()) {
      throw DataError(saved_.path, "has no tensor '" + name + "' of " +
                                       std::to_string(target.size()) +
                                       " numbers; delete it and the run starts anew");
    }
    std::copy(found->second.values.begin(), found->second.values.end(), target.begin());
  }

  const SavedTrial& saved_;
  Network& network_;
};

}  // namespace

SafetensorsContent pause_tensors(const TrialPause& pause) {
  SafetensorsContent content = trained_content_of(pause.network, pause.so_far.train.steps);
  add_memory(pause.network, pause.optimizer.first, kFirst, content);
  add_memory(pause.network, pause.optimizer.second, kSecond, content);
  return content;
}

TrainState restore(const SavedTrial& saved, Network& network) {
  const Restoration restoration(saved, network);
  network.values() = restoration.values("");
  restoration.restore_running();
  const TrainResult& train = saved.so_far.train;
  return {.steps = train.steps,
          .optimizer = {.first = restoration.memory(kFirst),
                        .second = restoration.memory(kSecond),
                        .steps = train.steps},
          .train_seconds = train.train_seconds};
}

}  // namespace initbench
