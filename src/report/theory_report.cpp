#include "report/theory_report.h"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/digest.h"
#include "experiment/config_json.h"
#include "report/columns.h"
#include "report/output_file.h"
#include "report/run_directory.h"

namespace initbench {
namespace {

/// What one initialization shows.
struct Seen {
  std::vector<LayerRecord> layers;
  TheorySample sample;
  DeepLimit limit;
  TheoryFigures figures;
  std::string dataset;
};

class TheoryObserver : public Observer {
 public:
  TheoryObserver(const ExperimentConfig& config, Seen& seen) : config_(config), seen_(seen) {}

  void on_step(const StepView& view) override {
    seen_.layers = described_layers(config_, view.network);
    std::vector<LayerStatistics> statistics;
    for (const Layer& layer : view.network.layers()) {
      statistics.push_back(layer_statistics(view.network, layer, view.tape, view.gradient));
    }
    seen_.sample = theory_sample(config_, view, statistics);
    seen_.limit = deep_limit(config_, view.network, seen_.sample.predicted);
    seen_.figures = theory_figures(view.network, seen_.sample.predicted, seen_.limit);
  }

 private:
  const ExperimentConfig& config_;
  Seen& seen_;
};

std::string without_seed(const ExperimentConfig& config) {
  nlohmann::ordered_json json = to_json(config);
  json.erase("seed");
  return json.dump();
}

std::string joint_id(std::span<const Trial* const> trials) {
  if (trials.size() == 1) return trials.front()->run_id;
  Digest digest;
  for (const Trial* trial : trials) {
    digest.add_bytes(std::as_bytes(std::span<const char>(trial->run_id)));
  }
  return digest.hex();
}

}  // namespace

std::vector<TheoryReport> check_theory(std::span<const Trial> trials, const PoolOptions& options,
                                       DataCache& cache, const std::function<bool()>& stop) {
  check_plan(trials, cache);
  std::vector<Seen> seen(trials.size());
  const auto work = [&](const Trial& trial, std::size_t index) {
    const DataCache::Lease data = cache.get(trial.config);
    seen[index].dataset = data->description;
    TheoryObserver observer(trial.config, seen[index]);
    observe_initialization(trial.config, *data, observer);
  };
  for (const TrialOutcome& outcome : run_all(trials, options, work, stop)) {
    if (outcome.error) std::rethrow_exception(outcome.error);
    if (!outcome.finished) return {};  // stopped
  }
  std::vector<TheoryReport> reports;
  std::vector<std::vector<const Trial*>> members;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const auto [found, is_new] = places.emplace(without_seed(trials[i].config), reports.size());
    if (is_new) {
      reports.push_back({.name = trials[i].config.name,
                         .dataset = std::move(seen[i].dataset),
                         .layers = std::move(seen[i].layers),
                         .limit = std::move(seen[i].limit),
                         .figures = std::move(seen[i].figures)});
      members.emplace_back();
    }
    reports[found->second].samples.push_back(std::move(seen[i].sample));
    members[found->second].push_back(&trials[i]);
  }
  for (std::size_t i = 0; i < reports.size(); ++i) {
    reports[i].id = joint_id(members[i]);
    reports[i].comparison = compare_with_theory(reports[i].samples);
  }
  return reports;
}

std::string theory_rows(std::string_view run_id, std::span<const LayerRecord> layers,
                        std::span<const LayerComparison> comparison, std::size_t seeds) {
  std::string text;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    append_csv_row(theory_columns(),
                   TheoryRow{.run_id = run_id,
                             .seeds = static_cast<std::int64_t>(seeds),
                             .layer = static_cast<std::int64_t>(i) + 1,
                             .name = layers[i].name,
                             .type = layers[i].type,
                             .activation = layers[i].activation,
                             .init = layers[i].init,
                             .fans = layers[i].fans,
                             .comparison = comparison[i]},
                   text);
  }
  return text;
}

std::string write_theory(const TheoryReport& report, const std::string& out) {
  std::string folder = run_directory_path(out, report.name, kTheoryFolder + report.id);
  prove_writable(folder);
  const std::filesystem::path place(folder);
  replace_file((place / "theory.json").string(), to_json(report.figures).dump(2) + "\n");
  replace_file((place / kTheoryFile).string(),
               csv_header(theory_columns()) +
                   theory_rows(report.id, report.layers, report.comparison, report.samples.size()));
  return folder;
}

}  // namespace initbench
