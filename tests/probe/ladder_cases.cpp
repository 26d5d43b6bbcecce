#include "probe/ladder_cases.h"

#include <string>

#include "base/random.h"
#include "nn/loss.h"

namespace initbench::testing {

void visit_initialization(
    const Ladder& ladder, Index batch, std::uint64_t seed,
    const std::function<void(const Network&, const Tape&, const Vector&)>& visit) {
  ModelSpec spec;
  std::vector<LayerInit> inits;
  for (Index i = 1; i <= ladder.depth + 1; ++i) {
    const bool is_output = i > ladder.depth;
    const std::string name = is_output ? "output" : "dense" + std::to_string(i);
    const DenseSpec dense{
        .units = is_output ? 10 : ladder.width,
        .activation = {.kind = is_output ? ActivationKind::linear : ladder.activation}};
    spec.push_back({.name = name, .place = "", .kind = dense});
    inits.push_back({.layer = name, .weight = ladder.weight, .bias = ladder.bias});
  }
  Network network(spec, Shape::flat(ladder.width), 10);
  initialize(network, inits, seed);
  Tape tape(network, batch);
  Rng rng({.seed = seed, .purpose = Purpose::probe, .name = "inputs"});
  for (Index i = 0; i < tape.value(0).size(); ++i) {
    tape.value(0).data()[i] = static_cast<Scalar>(rng.normal());
  }
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < batch; ++i) labels.push_back(static_cast<std::int32_t>(rng.below(10)));
  forward(network, {}, tape);
  cross_entropy(std::as_const(tape).value(network.output()), labels,
                tape.gradient(network.output()));
  Vector gradient;
  backward(network, tape, gradient);
  visit(network, tape, gradient);
}

std::vector<LayerStatistics> at_initialization(const Ladder& ladder, Index batch,
                                               std::uint64_t seed) {
  std::vector<LayerStatistics> statistics;
  visit_initialization(ladder, batch, seed,
                       [&](const Network& network, const Tape& tape, const Vector& gradient) {
                         for (const Layer& layer : network.layers()) {
                           statistics.push_back(layer_statistics(network, layer, tape, gradient));
                         }
                       });
  statistics.pop_back();
  return statistics;
}

}  // namespace initbench::testing
