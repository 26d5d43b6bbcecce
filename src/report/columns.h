/// The column tables of `curves.csv`, `layers.csv`, `spectra.csv` and `theory.csv`: header, cells
/// and documentation in one list. Columns are only ever appended.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "experiment/theory_check.h"
#include "probe/layer_statistics.h"
#include "probe/spectrum.h"
#include "report/csv.h"

namespace initbench {

/// A row of `curves.csv`. Views are valid while the row is written.
struct CurveRow {
  std::string_view run_id;
  std::int64_t step = 0;
  double epoch = 0;
  std::string_view split;  // "train" or "test"
  double loss = 0;
  std::optional<double> accuracy;
  std::optional<double> lr;
  std::optional<double> grad_norm;
};

/// A row of `layers.csv`: one parametrised layer at one logged step.
struct LayerRow {
  std::string_view run_id;
  std::int64_t step = 0;
  std::int64_t layer = 1;  // counted from 1 along the network
  std::string_view name;
  std::string_view type;
  std::string_view activation;
  std::string_view init;
  Fans fans;
  LayerStatistics statistics;
};

/// A row of `spectra.csv`: one layer's Jacobian at one step.
struct SpectrumRow {
  std::string_view run_id;
  std::int64_t step = 0;
  const LayerSpectrum* spectrum = nullptr;
};

/// A row of `theory.csv`: one parametrised layer at initialization.
struct TheoryRow {
  std::string_view run_id;
  std::int64_t seeds = 1;
  std::int64_t layer = 1;  // counted from 1 along the network
  std::string_view name;
  std::string_view type;
  std::string_view activation;
  std::string_view init;
  Fans fans;
  const LayerComparison& comparison;
};

std::span<const Column<CurveRow>> curve_columns();
std::span<const Column<LayerRow>> layer_columns();
std::span<const Column<SpectrumRow>> spectrum_columns();
std::span<const Column<TheoryRow>> theory_columns();

}  // namespace initbench
