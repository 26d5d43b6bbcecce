#include "init/initialize.h"

#include <algorithm>
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
std::vector<Task> tasks_of(const Network& network, std::span<const LayerInit> inits,
                           const WeightFiles* files) {
  expects(inits.size() == network.layers().size(), "one LayerInit per parametrised layer");
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const Layer& layer = network.layers()[i];
    expects(inits[i].layer == layer.name, "LayerInits in the order of the network's layers");
    const auto add = [&](ParameterId id, const InitChoice& choice) {
      tasks.push_back({.init = inits[i],
                       .choice = choice,
                       .parameter = id,
                       .context = context_of(network, layer, id, files)});
    };
    add(layer.weight, inits[i].weight);
    if (layer.bias) add(*layer.bias, inits[i].bias);
  }
  return tasks;
}

/// Why the scheme cannot serve the bias of this layer, or empty. The factors of a parametrization
/// are those of the weights' scheme; a bias drawn for other factors would be of another law.
std::string foreign_parametrization(const LayerInit& init) {
  const Scheme& scheme = *init.bias.scheme;
  if (scheme.parametrize == nullptr || init.bias == init.weight) return "";
  const std::string name(scheme.name);
  return name + " multiplies biases in the network, and only as " + name +
         " of the weights has it: give this layer the same init, without a bias_init, or use "
         "normal for biases";
}

/// Why the layer cannot have the biases that it was given, or empty. What is loaded by name brings
/// the scalars instead.
std::string replaced_biases(const Layer& layer, const LayerInit& init) {
  if (!layer.scalar_biases || init.bias == choose("zeros") || init.bias.scheme->reads_files) {
    return "";
  }
  return "its block has scalar biases, which start at 0 and stand in for its biases, so " +
         std::string(init.bias.scheme->name) +
         R"( has none to fill; give this layer "bias_init": "zeros")";
}

void fill(Network& network, const Task& task, std::uint64_t seed) {
  const Parameter& parameter = task.context.parameter;
  Rng rng({.seed = seed,
           .purpose = Purpose::weights,
           .name = parameter.layer,
           .tensor = parameter.tensor});
  VectorView values = network.values_of(task.parameter);
  task.choice.scheme->fill(task.choice, task.context, rng,
                           {values.data(), static_cast<std::size_t>(values.size())});
}

/// The indices of the layers of each distinct choice, in the order of the first ones.
std::vector<std::vector<std::size_t>> layers_by_choice(std::span<const LayerInit> inits) {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return inits[group.front()].weight == inits[i].weight;
    });
    if (same == groups.end()) {
      groups.push_back({i});
    } else {
      same->push_back(i);
    }
  }
  return groups;
}

void add_remarks(const Network& network, std::span<const LayerInit> inits, InitReport& report) {
  for (const std::vector<std::size_t>& group : layers_by_choice(inits)) {
    const InitChoice& choice = inits[group.front()].weight;
    if (choice.scheme->remark == nullptr) continue;
    std::vector<const Layer*> layers;
    layers.reserve(group.size());
    for (const std::size_t i : group) layers.push_back(&network.layers()[i]);
    std::string remark = choice.scheme->remark(choice, layers);
    if (!remark.empty()) report.notes.push_back(std::move(remark));
  }
}

bool calibrates(const LayerInit& init) {
  const Scheme& scheme = *init.weight.scheme;
  return scheme.calibrate_layer != nullptr || scheme.calibrate_network != nullptr;
}

/// Layers that another scheme has calibrated see other inputs once a network's scales have moved.
void note_moved_layers(const Scheme& scheme, InitReport& report) {
  for (const LayerCalibration& layer : report.layers) {
    if (layer.scheme == scheme.name) continue;
    report.notes.push_back(std::string(scheme.name) + " changed scales after " + layer.scheme +
                           " had calibrated its layers; their moments are those before");
    return;
  }
}

/// Layer by layer, then all layers of one choice together.
void calibrate(Network& network, std::span<const LayerInit> inits, std::uint64_t seed,
               const InitInputs& inputs, InitReport& report) {
  if (std::none_of(inits.begin(), inits.end(), calibrates)) return;
  expects(inputs.train != nullptr, "calibrations are given the training set");
  CalibrationPass pass(network, *inputs.train, seed);
  const auto calibration_of = [&](const std::vector<std::size_t>& layers) {
    std::vector<std::string> places;
    places.reserve(layers.size());
    for (const std::size_t i : layers) places.push_back(inits[i].place);
    return Calibration{.network = network,
                       .layers = layers,
                       .places = std::move(places),
                       .train = *inputs.train,
                       .loss = inputs.loss,
                       .seed = seed,
                       .pass = pass,
                       .report = report};
  };
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const InitChoice& choice = inits[i].weight;
    if (choice.scheme->calibrate_layer == nullptr) continue;
    Calibration calibration = calibration_of({i});
    choice.scheme->calibrate_layer(choice, calibration);
  }
  for (const std::vector<std::size_t>& group : layers_by_choice(inits)) {
    const InitChoice& choice = inits[group.front()].weight;
    if (choice.scheme->calibrate_network == nullptr) continue;
    Calibration calibration = calibration_of(group);
    choice.scheme->calibrate_network(choice, calibration);
    note_moved_layers(*choice.scheme, report);
  }
}

}  // namespace

TensorContext context_of(const Network& network, const Layer& layer, ParameterId tensor,
                         const WeightFiles* files) {
  return {.parameter = network.parameter(tensor),
          .activation = layer.activation,
          .position = layer.position,
          .input = network.node(layer.input).shape,
          .files = files};
}

void check_schemes(const Network& network, std::span<const LayerInit> inits,
                   const WeightFiles* files) {
  std::vector<ConfigIssue> issues;
  for (const Task& task : tasks_of(network, inits, files)) {
    const bool is_bias = task.context.parameter.role == ParameterRole::bias;
    std::string reason = misfit_of(task.choice, task.context);
    if (reason.empty() && is_bias) reason = foreign_parametrization(task.init);
    if (reason.empty()) continue;
    issues.push_back({.place = task.init.place,
                      .message = "layer '" + task.init.layer + "', " +
                                 (is_bias ? "bias_init: " : "init: ") + reason});
  }
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const std::string reason = replaced_biases(network.layers()[i], inits[i]);
    if (reason.empty()) continue;
    issues.push_back({.place = inits[i].place,
                      .message = "layer '" + inits[i].layer + "', bias_init: " + reason});
  }
  if (!issues.empty()) throw ConfigError(std::move(issues));
}

InitReport initialize(Network& network, std::span<const LayerInit> inits, std::uint64_t seed,
                      const InitInputs& inputs) {
  check_schemes(network, inits, inputs.files);
  for (const Task& task : tasks_of(network, inits, inputs.files)) fill(network, task, seed);
  InitReport report;
  add_remarks(network, inits, report);
  calibrate(network, inits, seed, inputs, report);
  return report;
}

}  // namespace initbench
