/// Theory beside measurement as files and as text: `theory.csv`, and what `initbench theory` shows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/data_cache.h"
#include "experiment/run_all.h"
#include "experiment/theory_check.h"
#include "experiment/trial.h"
#include "report/run_recorder.h"
#include "report/run_text.h"
#include "report/theory_figures.h"

namespace initbench {

/// One network at the initializations of several seeds.
struct TheoryReport {
  std::string name;
  std::string id;  // of one seed: its run's
  std::string dataset;
  std::vector<LayerRecord> layers;
  std::vector<TheorySample> samples;  // one per seed
  std::vector<LayerComparison> comparison;
  DeepLimit limit;
  TheoryFigures figures;  // of the first seed: others differ by their data at most
};

/// Initializes every trial, `options.jobs` at a time, and gathers those that differ in the seed
/// alone, in the plan's order. Throws as `check_plan`, and what an initialization throws.
std::vector<TheoryReport> check_theory(std::span<const Trial> trials, const PoolOptions& options,
                                       DataCache& cache, const std::function<bool()>& stop);

/// The rows of `theory.csv`.
std::string theory_rows(std::string_view run_id, std::span<const LayerRecord> layers,
                        std::span<const LayerComparison> comparison, std::size_t seeds);

/// What the names of the folders begin with that `theory` writes beside runs.
inline constexpr const char* kTheoryFolder = "theory-";

/// Writes theory.csv and theory.json (the network's figures) to `<out>/<name>/theory-<id>`; the
/// folder.
std::string write_theory(const TheoryReport& report, const std::string& out);

/// A table of layers, why what is missing is, and the figures of the network.
std::string theory_text(const TheoryReport& report);

}  // namespace initbench
