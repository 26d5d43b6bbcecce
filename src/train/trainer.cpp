#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "base/errors.h"
#include "base/moments.h"
#include "data/batch.h"
#include "nn/threads.h"
#include "train/divergence.h"
#include "train/evaluation.h"

namespace initbench {
namespace {

using Clock = std::chrono::steady_clock;

/// The sum of squares in double, granule by granule, so that it does not depend on the threads.
double squared_norm(const Vector& vector, std::vector<double>& sums) {
  sums.assign(static_cast<std::size_t>(vector.size() / kPartGranule + 1), 0.0);
  for_each_part(vector.size(), [&](Index begin, Index size) {
    const Index end = begin + size;
    for (Index first = begin; first < end; first += kPartGranule) {
      const auto count = static_cast<std::size_t>(std::min(kPartGranule, end - first));
      sums[static_cast<std::size_t>(first / kPartGranule)] =
          sum_of_squares({vector.data() + first, count});
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// The training set's minibatches in order, epoch after epoch; the last one of an epoch may be
/// smaller.
class BatchStream {
 public:
  BatchStream(const Dataset& dataset, const TrainSpec& spec)
      : dataset_(dataset),
        spec_(spec),
        per_epoch_(steps_per_epoch(dataset.size, spec.batch_size)) {}

  /// The samples of the batch that update number `step` uses. Valid until the next call.
  std::span<const Index> batch(std::int64_t step) {
    const std::int64_t epoch = step / per_epoch_;
    if (epoch != epoch_) {
      order_ =
          epoch_order(dataset_.size, spec_.shuffle, spec_.seed, static_cast<std::uint64_t>(epoch));
      epoch_ = epoch;
    }
    const Index begin = (step % per_epoch_) * spec_.batch_size;
    const Index size = std::min(spec_.batch_size, dataset_.size - begin);
    return std::span<const Index>(order_).subspan(static_cast<std::size_t>(begin),
                                                  static_cast<std::size_t>(size));
  }

  /// Passes over the training set after `step` updates.
  double epochs(std::int64_t step) const {
    const std::int64_t whole = step / per_epoch_;
    const auto seen = static_cast<double>((step % per_epoch_) * spec_.batch_size);
    return static_cast<double>(whole) + seen / static_cast<double>(dataset_.size);
  }

  bool ends_epoch(std::int64_t step) const { return step > 0 && step % per_epoch_ == 0; }

 private:
  const Dataset& dataset_;
  const TrainSpec& spec_;
  std::int64_t per_epoch_;
  std::int64_t epoch_ = -1;
  std::vector<Index> order_;
};

/// One training run: the network, the memory of its passes, and the clock.
class Run {
 public:
  Run(Network& network, const DataSplits& data, const TrainSpec& spec, Observer& observer,
      TrainState start)
      : network_(network),
        data_(data),
        spec_(spec),
        observer_(observer),
        batches_(data.train, spec),
        capacity_(std::min(spec.batch_size, data.train.size)),
        tape_(network, capacity_),
        batch_(data.train, capacity_),
        state_(std::move(start)) {}

  TrainResult train() {
    run();
    result_.steps = state_.steps;
    result_.train_seconds = state_.train_seconds;
    return result_;
  }
  void show_first_step() {
    const BatchLoss loss = measure(0);
    show(0, loss, gradient_norm());
  }

 private:
  bool is_logged(std::int64_t step) const {
    if (step == 0 || step == spec_.steps) return true;
    return spec_.log_every > 0 && step % spec_.log_every == 0;
  }
  double lr(std::int64_t step) const {
    return scheduled_lr(spec_.schedule, spec_.optimizer.lr, step, spec_.steps);
  }
  void run();
  BatchLoss measure(std::int64_t step);
  double gradient_norm() { return std::sqrt(squared_norm(gradient_, sums_)); }
  void evaluate(std::int64_t step);
  void show(std::int64_t step, const BatchLoss& loss, double grad_norm);
  void update(std::int64_t step, double grad_norm);
  bool go_on(double loss);
  void diverge(std::int64_t step);

  Network& network_;
  const DataSplits& data_;
  const TrainSpec& spec_;
  Observer& observer_;
  BatchStream batches_;
  Index capacity_;
  Tape tape_;
  Batch batch_;
  Vector gradient_;
  std::vector<double> sums_;   // of squares of the gradient's granules
  bool finite_values_ = true;  // of the parameters, after the latest update
  TrainState state_;
  TrainResult result_;
};

void Run::run() {
  finite_values_ = network_.values().allFinite();
  for (std::int64_t step = state_.steps;; ++step) {
    if (step == 0 || step == spec_.steps || batches_.ends_epoch(step)) evaluate(step);

    const auto started = Clock::now();
    const BatchLoss loss = measure(step);
    // At every step, so that the step of a divergence does not depend on what is logged. Parameters
    // too: behind a saturated unit an infinite one leaves loss and gradient finite.
    const double grad_norm = gradient_norm();
    state_.train_seconds += std::chrono::duration<double>(Clock::now() - started).count();
    const bool diverged = !std::isfinite(loss.loss) || !std::isfinite(grad_norm) || !finite_values_;
    if (is_logged(step) || diverged) show(step, loss, grad_norm);
    if (diverged) diverge(step);
    if (diverged || step == spec_.steps) return observer_.on_end(step, network_);
    update(step, grad_norm);
    if (!go_on(loss.loss)) return;
  }
}

BatchLoss Run::measure(std::int64_t step) {
  const std::span<const Index> samples = batches_.batch(step);
  tape_.set_batch(static_cast<Index>(samples.size()));
  gather_inputs(data_.train, samples, tape_.value(0));
  batch_.gather_targets(samples);
  const ForwardOptions options{
      .mode = Mode::train, .seed = spec_.seed, .step = static_cast<std::uint64_t>(step)};
  forward(network_, options, tape_);
  const NodeId output = network_.output();
  const BatchLoss loss =
      batch_.loss(spec_.loss, std::as_const(tape_).value(output), tape_.gradient(output));
  backward(network_, tape_, gradient_);
  return loss;
}

void Run::evaluate(std::int64_t step) {
  if (!spec_.tests) return;
  const SetLoss set = evaluate_set(network_, data_.test, spec_.loss, tape_);
  observer_.on_test(
      {.step = step, .epoch = batches_.epochs(step), .loss = set.loss, .accuracy = set.accuracy});
}

void Run::show(std::int64_t step, const BatchLoss& loss, double grad_norm) {
  std::optional<double> accuracy;
  if (spec_.loss == Loss::cross_entropy && std::isfinite(loss.loss)) {
    accuracy = static_cast<double>(loss.correct) / static_cast<double>(tape_.batch());
  }
  observer_.on_step({.step = step,
                     .epoch = batches_.epochs(step),
                     .loss = loss.loss,
                     .accuracy = accuracy,
                     .lr = lr(step),
                     .grad_norm = grad_norm,
                     .network = network_,
                     .tape = tape_,
                     .gradient = gradient_});
}

void Run::update(std::int64_t step, double grad_norm) {
  const auto started = Clock::now();
  if (spec_.clip_norm && grad_norm > *spec_.clip_norm) {
    gradient_ *= static_cast<Scalar>(*spec_.clip_norm / grad_norm);
  }
  const bool logged = is_logged(step);
  const auto applied = [&](auto& update) {
    return update(spec_.optimizer, lr(step), gradient_, state_.optimizer, network_.values(),
                  spec_.rate_stretches);
  };
  finite_values_ = logged ? applied(apply_update_and_keep_change) : applied(apply_update);
  update_running_statistics(network_, tape_);
  state_.train_seconds += std::chrono::duration<double>(Clock::now() - started).count();
  if (logged) observer_.on_update({.step = step, .network = network_, .change = gradient_});
}

bool Run::go_on(double loss) {
  ++state_.steps;
  result_.interrupted = !observer_.on_progress(
      {.total = spec_.steps, .loss = loss, .network = network_, .state = state_});
  return !result_.interrupted;
}

void Run::diverge(std::int64_t step) {
  const NonFinite place = first_nonfinite(network_, tape_, gradient_);
  result_.divergence = {.step = step, .layer = place.layer, .tensor = place.tensor};
}

}  // namespace

std::int64_t steps_per_epoch(Index train_size, Index batch_size) {
  expects(train_size > 0 && batch_size > 0, "sizes are positive");
  return (train_size + batch_size - 1) / batch_size;
}

TrainResult train(Network& network, const DataSplits& data, const TrainSpec& spec,
                  Observer& observer, TrainState start) {
  expects(start.steps == start.optimizer.steps, "the optimizer's state is that of the start");
  return Run(network, data, spec, observer, std::move(start)).train();
}

void show_first_step(Network& network, const DataSplits& data, const TrainSpec& spec,
                     Observer& observer) {
  Run(network, data, spec, observer, {}).show_first_step();
}

}  // namespace initbench
