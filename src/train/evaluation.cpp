#include "train/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "data/batch.h"

namespace initbench {

SetLoss evaluate_set(const Network& network, const Dataset& dataset, Loss loss, Tape& tape) {
  std::vector<Index> samples(static_cast<std::size_t>(dataset.size));
  std::iota(samples.begin(), samples.end(), Index{0});
  Batch batch(dataset, tape.capacity());
  double loss_sum = 0;
  Index correct = 0;
  for (Index begin = 0; begin < dataset.size; begin += tape.capacity()) {
    const Index size = std::min(tape.capacity(), dataset.size - begin);
    const std::span<const Index> part(samples.data() + begin, static_cast<std::size_t>(size));
    tape.set_batch(size);
    gather_inputs(dataset, part, tape.value(0));
    batch.gather_targets(part);
    forward(network, {.mode = Mode::evaluate}, tape);
    const BatchLoss part_loss =
        batch.loss(loss, std::as_const(tape).value(network.output()), MatrixView(nullptr, 0, 0));
    loss_sum += part_loss.loss * static_cast<double>(size);
    correct += part_loss.correct;
  }
  SetLoss result{.loss = loss_sum / static_cast<double>(dataset.size)};
  if (loss == Loss::cross_entropy && std::isfinite(result.loss)) {
    result.accuracy = static_cast<double>(correct) / static_cast<double>(dataset.size);
  }
  return result;
}

}  // namespace initbench
