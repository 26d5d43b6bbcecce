/// Writes `curves.csv`, `layers.csv`, `spectra.csv`, `theory.csv` and files of weights while a
/// network trains, and keeps the layers' first and last statistics for the tables on the terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/config.h"
#include "probe/layer_statistics.h"
#include "report/columns.h"
#include "report/run_directory.h"
#include "report/theory_figures.h"
#include "train/trainer.h"

namespace initbench {

/// A layer as the files name it, and what was measured of it at one step.
struct LayerRecord {
  std::string name;
  std::string type;
  std::string_view activation;
  std::string_view init;
  Fans fans;
  LayerStatistics statistics;
};

/// The layers of the config's network, without statistics.
std::vector<LayerRecord> described_layers(const ExperimentConfig& config, const Network& network);

/// All parametrised layers at one logged step.
struct LayersRecord {
  std::int64_t step = 0;
  std::vector<LayerRecord> layers;
};

class RunRecorder : public Observer {
 public:
  /// `directory` has begun; both references outlive the recorder.
  RunRecorder(RunDirectory& directory, std::string run_id, const ExperimentConfig& config);

  /// Before the training goes on: what `first_statistics` and `theory` were when it stopped.
  void resume(std::vector<LayerStatistics> first_statistics, std::optional<TheoryFigures> theory);

  void on_test(const TestView& view) override;
  void on_step(const StepView& view) override;
  void on_update(const UpdateView& view) override;
  void on_end(std::int64_t step, const Network& network) override;

  /// Writes the rows that wait for an update that does not follow. Call once, after training.
  void finish();

  /// At step 0 and at the last logged step; valid after `finish`.
  const LayersRecord& first_layers() const { return first_; }
  const LayersRecord& last_layers() const { return last_; }

  /// Of the layers at step 0: empty before it.
  std::span<const LayerStatistics> first_statistics() const { return first_statistics_; }
  const std::optional<TheoryFigures>& theory() const { return figures_; }

 private:
  void describe_layers(const Network& network);
  void write_curve(const CurveRow& row);
  void write_waiting_layers();
  void write_spectra(const StepView& view);
  void write_theory(const StepView& first_step);
  void write_step_weights(const StepView& view) const;

  RunDirectory& directory_;
  OutputFile& curves_;
  OutputFile& layers_;
  OutputFile& theory_;
  std::string run_id_;
  const ExperimentConfig& config_;
  std::vector<LayerStatistics> first_statistics_;
  std::optional<TheoryFigures> figures_;
  LayersRecord first_;
  LayersRecord last_;  // its rows wait for their update while `waiting_`
  bool waiting_ = false;
  std::string text_;  // of the rows being written, kept for its memory
};

}  // namespace initbench
