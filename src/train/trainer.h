/// The training loop. It knows observers, not files.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "data/dataset.h"
#include "nn/loss.h"
#include "nn/network.h"
#include "nn/tape.h"
#include "train/optimizer.h"

namespace initbench {

struct TrainSpec {
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  Loss loss = Loss::cross_entropy;
  Index batch_size = 128;
  std::int64_t steps = 0;  // total; 0 measures initialization alone
  bool shuffle = true;
  std::optional<double> clip_norm;  // scale the gradient to at most this Euclidean norm
  std::int64_t log_every = 10;      // 0: the first and the last step only
  std::uint64_t seed = 0;
  bool tests = true;                             // evaluate the test set
  std::vector<RateStretch> rate_stretches = {};  // of the parameters; empty: one rate for all
};

std::int64_t steps_per_epoch(Index train_size, Index batch_size);

/// Where training was when a number stopped being finite.
struct Divergence {
  std::int64_t step = 0;
  std::string layer;
  std::string tensor;  // as NonFinite's (train/divergence.h)
};

/// A logged step: after forward and backward, before the update. Valid during the call only.
struct StepView {
  std::int64_t step;               // updates done so far
  double epoch;                    // passes over the training set done so far, fractional
  double loss;                     // mean over the batch
  std::optional<double> accuracy;  // empty for regression, and unless the loss is finite
  double lr;                       // of the update that follows
  double grad_norm;                // of the whole gradient, before clipping
  const Network& network;
  const Tape& tape;
  const Vector& gradient;
};

/// A logged step's update, already applied.
struct UpdateView {
  std::int64_t step;
  const Network& network;  // after
  const Vector& change;    // values() less those before
};

/// An evaluation of the whole test set.
struct TestView {
  std::int64_t step;
  double epoch;
  double loss;
  std::optional<double> accuracy;
};

/// Where a training is between two updates: with the network, all that going on takes. Batches and
/// dropout follow from the step.
struct TrainState {
  std::int64_t steps = 0;  // updates done
  OptimizerState optimizer;
  double train_seconds = 0;
};

/// Between two updates. Valid during the call only.
struct ProgressView {
  std::int64_t total;  // updates of the whole training
  double loss;         // of the last update's batch, before it
  const Network& network;
  const TrainState& state;
};

/// Hooks, in the order in which they are called: at step 0 on_test, then on_step, then on_update;
/// at each logged step on_step then, if an update follows, on_update; on_progress; on_test after
/// the last step of an epoch (before that step number's on_step) and at the end of training. The
/// base class does nothing.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_test(const TestView&) {}
  virtual void on_step(const StepView&) {}
  virtual void on_update(const UpdateView&) {}
  /// Once, after the last step or at a divergence, not after an early stop: the network as training
  /// leaves it, `step` updates done.
  virtual void on_end(std::int64_t /*step*/, const Network& /*network*/) {}
  /// After every update, logged or not, once all of its step has been told. Return false to stop
  /// early (an interrupt).
  virtual bool on_progress(const ProgressView&) { return true; }
};

struct TrainResult {
  std::int64_t steps = 0;  // updates done
  bool interrupted = false;
  std::optional<Divergence> divergence;
  /// Minibatch, forward, backward and update: without loading data, statistics and evaluation.
  double train_seconds = 0;
};

/// Trains `network` in place. A logged step s is measured with the parameters after s updates, on
/// the batch of the update that follows; the last one (s = spec.steps) on the batch that would
/// follow. On a number that is not finite it reports that step to the observer and stops: a result,
/// not an error. With the state of an earlier training as `start`, and the network as it was there,
/// goes on as if it had never stopped.
TrainResult train(Network& network, const DataSplits& data, const TrainSpec& spec,
                  Observer& observer, TrainState start = {});

/// Shows the observer what `train` shows it at step 0, `on_step` alone: one forward and backward
/// pass, no evaluation, no update.
void show_first_step(Network& network, const DataSplits& data, const TrainSpec& spec,
                     Observer& observer);

}  // namespace initbench
