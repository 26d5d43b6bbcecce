/// What is kept of a training run for its verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "probe/diagnosis.h"
#include "probe/thresholds.h"
#include "train/trainer.h"

namespace initbench {

struct LoggedLoss {
  std::int64_t step = 0;
  double loss = 0;
  std::optional<double> update_ratio;  // ||dW|| / ||W|| of the update that follows, the layers'
                                       // median; of some steps
};

struct RunEvidence {
  std::vector<Finding> at_start;
  std::optional<std::vector<Finding>> at_end;  // after the last step; empty for steps: 0,
                                               // divergence, interrupt
  std::vector<LoggedLoss> train;
  std::optional<double> test_loss;  // the last
  double guessing_loss = 0;         // of the best constant answer
  std::optional<Divergence> divergence;
  std::int64_t steps = 0;
};

/// Gathers the evidence and passes everything on.
class EvidenceCollector : public Observer {
 public:
  /// `last_step`: training's planned end. `earlier`: of the training before it was stopped.
  EvidenceCollector(Observer& next, std::int64_t last_step, const Thresholds& thresholds,
                    RunEvidence earlier)
      : next_(next),
        last_step_(last_step),
        thresholds_(thresholds),
        evidence_(std::move(earlier)) {}

  void on_test(const TestView& view) override;
  void on_step(const StepView& view) override;
  void on_update(const UpdateView& view) override;
  void on_end(std::int64_t step, const Network& network) override { next_.on_end(step, network); }
  bool on_progress(const ProgressView& view) override { return next_.on_progress(view); }

  const RunEvidence& so_far() const { return evidence_; }

  /// After training. `guessing_loss` is left to the caller.
  RunEvidence take(const TrainResult& result);

 private:
  Observer& next_;
  std::int64_t last_step_;
  const Thresholds& thresholds_;
  RunEvidence evidence_;
};

}  // namespace initbench
