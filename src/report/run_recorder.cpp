#include "report/run_recorder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "experiment/trial.h"
#include "report/theory_report.h"
#include "report/weights.h"

namespace initbench {
namespace {

constexpr Index kSpectrumSamples = 4;  // of the batch

}  // namespace

std::vector<LayerRecord> described_layers(const ExperimentConfig& config, const Network& network) {
  const std::vector<LayerInit> inits = layer_inits(config, network);
  std::vector<LayerRecord> layers;
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const Layer& layer = network.layers()[i];
    layers.push_back({.name = layer.name,
                      .type = layer.type,
                      .activation = activation_row(layer.activation.kind).name,
                      .init = inits[i].weight.scheme->name,
                      .fans = layer.fans,
                      .statistics = {}});
  }
  return layers;
}

RunRecorder::RunRecorder(RunDirectory& directory, std::string run_id,
                         const ExperimentConfig& config)
    : directory_(directory),
      curves_(directory.table(kCurvesFile, csv_header(curve_columns()))),
      layers_(directory.table(kLayersFile, csv_header(layer_columns()))),
      theory_(directory.table(kTheoryFile, csv_header(theory_columns()))),
      run_id_(std::move(run_id)),
      config_(config) {}

void RunRecorder::resume(std::vector<LayerStatistics> first_statistics,
                         std::optional<TheoryFigures> theory) {
  first_statistics_ = std::move(first_statistics);
  figures_ = std::move(theory);
}

void RunRecorder::on_test(const TestView& view) {
  write_curve({.run_id = run_id_,
               .step = view.step,
               .epoch = view.epoch,
               .split = "test",
               .loss = view.loss,
               .accuracy = view.accuracy,
               .lr = std::nullopt,
               .grad_norm = std::nullopt});
}

void RunRecorder::on_step(const StepView& view) {
  write_waiting_layers();
  write_curve({.run_id = run_id_,
               .step = view.step,
               .epoch = view.epoch,
               .split = "train",
               .loss = view.loss,
               .accuracy = view.accuracy,
               .lr = view.lr,
               .grad_norm = view.grad_norm});
  if (last_.layers.empty()) describe_layers(view.network);
  last_.step = view.step;
  for (std::size_t i = 0; i < last_.layers.size(); ++i) {
    last_.layers[i].statistics =
        layer_statistics(view.network, view.network.layers()[i], view.tape, view.gradient);
  }
  waiting_ = true;
  write_spectra(view);
  if (view.step == 0) write_theory(view);
  write_step_weights(view);
}

void RunRecorder::on_update(const UpdateView& view) {
  for (std::size_t i = 0; i < last_.layers.size(); ++i) {
    LayerStatistics& statistics = last_.layers[i].statistics;
    statistics.update_ratio =
        update_ratio(view.network, view.network.layers()[i], view.change, statistics.weight_norm);
  }
  write_waiting_layers();
}

void RunRecorder::on_end(std::int64_t step, const Network& network) {
  const LogWeights which = config_.log.weights;
  if (which != LogWeights::final && which != LogWeights::all) return;
  write_weights(directory_.path(), network, {.name = "final", .run_id = run_id_, .step = step});
}

void RunRecorder::finish() { write_waiting_layers(); }

void RunRecorder::describe_layers(const Network& network) {
  last_.layers = described_layers(config_, network);
  if (first_statistics_.empty()) return;
  first_ = last_;
  for (std::size_t i = 0; i < first_.layers.size(); ++i) {
    first_.layers[i].statistics = first_statistics_.at(i);
  }
}

void RunRecorder::write_curve(const CurveRow& row) {
  text_.clear();
  append_csv_row(curve_columns(), row, text_);
  curves_.append(text_);
  curves_.flush();
}

void RunRecorder::write_spectra(const StepView& view) {
  const LogSpectra which = config_.log.spectra;
  const bool wanted = which == LogSpectra::all || (which == LogSpectra::init && view.step == 0);
  if (!wanted) return;
  OutputFile& file = directory_.table(kSpectraFile, csv_header(spectrum_columns()));
  if (!has_jacobian(view.network)) return;
  const Tape& tape = view.tape;
  const ConstMatrixView batch = tape.value(0);
  const ConstMatrixView samples(batch.data(), batch.rows(),
                                std::min(batch.cols(), kSpectrumSamples));
  text_.clear();
  for (const LayerSpectrum& spectrum : jacobian_spectra(view.network, samples, config_.seed)) {
    append_csv_row(spectrum_columns(),
                   SpectrumRow{.run_id = run_id_, .step = view.step, .spectrum = &spectrum}, text_);
  }
  file.append(text_);
  file.flush();
}

void RunRecorder::write_theory(const StepView& first_step) {
  std::vector<LayerStatistics> statistics;
  for (const LayerRecord& layer : last_.layers) statistics.push_back(layer.statistics);
  const std::array samples{theory_sample(config_, first_step, statistics)};
  const NetworkPrediction& predicted = samples.front().predicted;
  const Network& network = first_step.network;
  figures_ = theory_figures(network, predicted, deep_limit(config_, network, predicted));
  theory_.append(theory_rows(run_id_, last_.layers, compare_with_theory(samples), samples.size()));
  theory_.flush();
}

void RunRecorder::write_step_weights(const StepView& view) const {
  const LogWeights which = config_.log.weights;
  const auto write = [&](const std::string& name) {
    write_weights(directory_.path(), view.network,
                  {.name = name, .run_id = run_id_, .step = view.step});
  };
  if (view.step == 0 && (which == LogWeights::init || which == LogWeights::all)) write("init");
  if (which == LogWeights::all) write(std::to_string(view.step));
}

void RunRecorder::write_waiting_layers() {
  if (!std::exchange(waiting_, false)) return;
  text_.clear();
  std::int64_t place = 0;
  for (const LayerRecord& layer : last_.layers) {
    append_csv_row(layer_columns(),
                   LayerRow{.run_id = run_id_,
                            .step = last_.step,
                            .layer = ++place,
                            .name = layer.name,
                            .type = layer.type,
                            .activation = layer.activation,
                            .init = layer.init,
                            .fans = layer.fans,
                            .statistics = layer.statistics},
                   text_);
  }
  layers_.append(text_);
  layers_.flush();
  if (!first_.layers.empty()) return;
  first_ = last_;
  for (const LayerRecord& layer : first_.layers) first_statistics_.push_back(layer.statistics);
}

}  // namespace initbench
