/// What is kept of a training run for its verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "probe/diagnosis.h"
#include "probe/thresholds.h"
#include "probe/width_chance.h"
#include "train/trainer.h"

namespace initbench {

struct LoggedLoss {
  std::int64_t step = 0;
  double loss = 0;
  /// ||dW|| / ||W|| of the update that follows, the layers' median, as if the schedule did not
  /// scale the learning rate; of some steps.
  std::optional<double> update_ratio;
};

struct RunEvidence {
  std::vector<Finding> at_start;
  WidthChance width_chance;                    // of the network at its start
  std::optional<std::vector<Finding>> at_end;  // after the last step; empty for steps: 0,
                                               // divergence, interrupt
  std::vector<LoggedLoss> train;
  std::optional<double> late_loss;  // mean over all batches of the last quarter of the steps
  std::optional<double> test_loss;  // the last
  double guessing_loss = 0;         // of the best constant answer
  std::optional<Divergence> divergence;
  std::int64_t steps = 0;
};

/// Gathers the evidence and passes everything on.
class EvidenceCollector : public Observer {
 public:
  /// `earlier`: of the training before it was stopped.
  EvidenceCollector(Observer& next, const TrainSpec& spec, const Thresholds& thresholds,
                    RunEvidence earlier)
      : next_(next),
        last_step_(spec.steps),
        base_rate_(spec.optimizer.lr),
        thresholds_(thresholds),
        evidence_(std::move(earlier)) {}

  void on_test(const TestView& view) override;
  void on_step(const StepView& view) override;
  void on_update(const UpdateView& view) override;
  void on_end(std::int64_t step, const Network& network) override { next_.on_end(step, network); }
  bool on_progress(const ProgressView& view) override { return next_.on_progress(view); }

  const RunEvidence& so_far() const { return evidence_; }

  /// After training. `guessing_loss` and `late_loss` are left to the caller.
  RunEvidence take(const TrainResult& result);

 private:
  /// At the 1st, 2nd, 4th, 8th, ... logged step: enough to tell whether they move at all.
  bool asks_whether_weights_move() const;

  Observer& next_;
  std::int64_t last_step_;
  double base_rate_;                  // before the schedule
  double rate_ = 0;                   // of the logged step
  std::vector<double> weight_norms_;  // before its update
  const Thresholds& thresholds_;
  RunEvidence evidence_;
};

}  // namespace initbench
