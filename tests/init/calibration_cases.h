/// Networks and data for schemes that look at a batch or at gradients. A batch_size of at least
/// the training set makes that set the batch, whatever the order.
#pragma once

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "data/data_spec.h"
#include "init/architecture_cases.h"
#include "init/calibration_samples.h"
#include "nn/loss.h"
#include "nn/tape.h"

namespace initbench::testing {

/// A generated training set of that size, standardized.
inline Dataset training_set(std::string_view name, Index size, std::uint64_t seed = 0) {
  DataSpec spec;
  spec.dataset = name;
  spec.train_size = size;
  spec.test_size = 20;
  if (name == "images") spec.image_size = 8;
  return load_data(spec, seed).train;
}

inline LayerSpec conv(const std::string& name, Index channels, ActivationKind activation) {
  Conv2dSpec spec;
  spec.channels = channels;
  spec.kernel = {3, 3};
  spec.padding.mode = PaddingMode::same;
  spec.activation = {.kind = activation};
  return {.name = name, .place = "place of " + name, .kind = spec};
}

/// Two convolutions, pooling, a third, a dense layer, the output.
inline ModelSpec image_model(ActivationKind activation) {
  return {conv("conv1", 8, activation),
          conv("conv2", 12, activation),
          {.name = "pool1", .place = "", .kind = PoolSpec{}},
          conv("conv3", 12, activation),
          dense("dense1", 24, activation),
          output()};
}

inline ModelSpec dense_model(Index hidden, Index width, ActivationKind activation) {
  ModelSpec model;
  for (Index i = 1; i <= hidden; ++i) {
    model.push_back(dense("dense" + std::to_string(i), width, activation));
  }
  model.push_back(output());
  return model;
}

struct Calibrated {
  Network network;
  std::vector<LayerInit> inits;
  InitReport report;
};

inline Calibrated calibrated(const Network& network, const std::vector<LayerInit>& inits,
                             const Dataset& train, std::uint64_t seed = 0) {
  Calibrated result{.network = network, .inits = inits, .report = {}};
  const Loss loss = train.is_classification() ? Loss::cross_entropy : Loss::mse;
  result.report = initialize(result.network, inits, seed, {.train = &train, .loss = loss});
  return result;
}

/// The scheme on all layers.
inline Calibrated calibrated(const ModelSpec& model, const Dataset& train, const InitChoice& choice,
                             std::uint64_t seed = 0) {
  const Network network(model, train.shape, train.outputs());
  return calibrated(network, inits_of(network, choice), train, seed);
}

/// A tape after a whole pass over the whole set, in its own order.
inline Tape passed(const Network& network, const Dataset& train) {
  std::vector<Index> all(static_cast<std::size_t>(train.size));
  std::iota(all.begin(), all.end(), Index{0});
  Tape tape(network, train.size);
  gather_inputs(train, all, tape.value(0));
  forward(network, {.mode = Mode::calibrate}, tape);
  return tape;
}

/// Two numbers by the textbook, of one unit's pre-activations.
struct MeanAndVariance {
  double mean = 0;
  double variance = 0;
};

inline MeanAndVariance mean_and_variance(const Eigen::ArrayXd& values) {
  const double mean = values.mean();
  return {.mean = mean, .variance = (values - mean).square().mean()};
}

/// The linear map's outputs, a row per unit, a column per position and sample.
inline Matrix linear_outputs(const Network& network, const Layer& layer, const Tape& tape) {
  const Index units = network.node(layer.linear).shape.channels;
  return tape.value(layer.linear).reshaped(units, tape.value(layer.linear).size() / units);
}

inline std::string message_of(const Network& network, const std::vector<LayerInit>& inits,
                              const Dataset& train) {
  try {
    calibrated(network, inits, train);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

/// Cross entropy and its gradient by a pass of the test's own.
inline double loss_of(const Network& network, const Samples& samples, Vector* gradient = nullptr) {
  Tape tape(network, samples.inputs.cols());
  tape.value(0) = samples.inputs;
  forward(network, {.mode = Mode::calibrate}, tape);
  const NodeId output = network.output();
  const double loss =
      cross_entropy(std::as_const(tape).value(output), samples.labels, tape.gradient(output)).loss;
  if (gradient != nullptr) backward(network, tape, *gradient);
  return loss;
}

/// The network with these parameters.
inline Network at(Network network, const Vector& values) {
  network.values() = values;
  return network;
}

/// The whole set as one batch.
inline Samples whole(const Dataset& train) {
  return gather_samples(train, calibration_samples(train, train.size, 0));
}

}  // namespace initbench::testing
