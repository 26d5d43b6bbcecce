#include "init/initialize.h"

#include <utility>

#include "base/errors.h"

namespace initbench {
namespace {

/// One tensor of a layer and the scheme chosen for it.
struct Task {
  const LayerInit& init;
  const InitChoice& choice;
  ParameterId parameter;
  TensorContext context;
};

/// The weight of each layer and the bias of those that have one, in the network's order.
std::vector<Task> tasks_of(const Network& network, std::span<const LayerInit> inits) {
  expects(inits.size() == network.layers().size(), "one LayerInit per parametrised layer");
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const Layer& layer = network.layers()[i];
    expects(inits[i].layer == layer.name, "LayerInits in the order of the network's layers");
    const auto add = [&](ParameterId id, const InitChoice& choice) {
      tasks.push_back({.init = inits[i],
                       .choice = choice,
                       .parameter = id,
                       .context = {.parameter = network.parameter(id),
                                   .layer_type = layer.type,
                                   .activation = layer.activation}});
    };
    add(layer.weight, inits[i].weight);
    if (layer.bias) add(*layer.bias, inits[i].bias);
  }
  return tasks;
}

}  // namespace

void check_schemes(const Network& network, std::span<const LayerInit> inits) {
  std::vector<ConfigIssue> issues;
  for (const Task& task : tasks_of(network, inits)) {
    const std::string reason = misfit_of(task.choice, task.context);
    if (reason.empty()) continue;
    const bool is_bias = task.context.parameter.role == ParameterRole::bias;
    issues.push_back({.place = task.init.place,
                      .message = "layer '" + task.init.layer + "', " +
                                 (is_bias ? "bias_init: " : "init: ") + reason});
  }
  if (!issues.empty()) throw ConfigError(std::move(issues));
}

void initialize(Network& network, std::span<const LayerInit> inits, std::uint64_t seed) {
  check_schemes(network, inits);
  for (const Task& task : tasks_of(network, inits)) {
    const Parameter& parameter = task.context.parameter;
    Rng rng({.seed = seed,
             .purpose = Purpose::weights,
             .name = parameter.layer,
             .tensor = parameter.tensor});
    VectorView values = network.values_of(task.parameter);
    task.choice.scheme->fill(task.choice, task.context, rng,
                             {values.data(), static_cast<std::size_t>(values.size())});
  }
}

}  // namespace initbench
