/// What is kept of a training run for its verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "probe/snapshot.h"
#include "train/trainer.h"

namespace initbench {

struct LoggedLoss {
  std::int64_t step = 0;
  double loss = 0;
  std::optional<double> update_ratio;  // ||dW|| / ||W|| of the update that follows, the layers'
                                       // median; of some steps
};

struct RunEvidence {
  Snapshot start;
  std::optional<Snapshot> end;  // after the last step; empty for steps: 0, divergence, interrupt
  std::vector<LoggedLoss> train;
  std::optional<double> test_loss;  // the last
  double guessing_loss = 0;         // of the best constant answer
  std::optional<Divergence> divergence;
  std::int64_t steps = 0;
};

/// Gathers the evidence and passes everything on.
class EvidenceCollector : public Observer {
 public:
  /// `last_step`: training's planned end.
  EvidenceCollector(Observer& next, std::int64_t last_step) : next_(next), last_step_(last_step) {}

  void on_test(const TestView& view) override;
  void on_step(const StepView& view) override;
  void on_update(const UpdateView& view) override;
  void on_end(std::int64_t step, const Network& network) override { next_.on_end(step, network); }
  bool on_progress(const ProgressView& view) override { return next_.on_progress(view); }

  /// After training. `guessing_loss` is left to the caller.
  RunEvidence take(const TrainResult& result);

 private:
  Observer& next_;
  std::int64_t last_step_;
  RunEvidence evidence_;
};

}  // namespace initbench
