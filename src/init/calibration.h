/// What data-dependent and optimization-based schemes work on, and what they tell of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "init/calibration_pass.h"
#include "init/scheme.h"
#include "nn/loss.h"
#include "nn/network.h"

namespace initbench {

/// What a layer's calibration reached on its batch.
struct LayerCalibration {
  std::string layer;
  std::string scheme;
  int iterations = 0;
  double mean = 0;      // of the linear map over units, positions and samples
  double variance = 0;  // population
};

/// What an optimization over several layers reached.
struct NetworkCalibration {
  std::string scheme;
  std::vector<std::string> layers;
  std::string objective;  // what was minimized, in words
  double before = 0;      // its value
  double after = 0;
  int iterations = 0;
  std::int64_t gradient_evaluations = 0;
};

/// How initialization went, for `run.json`.
struct InitReport {
  std::vector<LayerCalibration> layers;
  std::vector<NetworkCalibration> networks;
  std::vector<std::string> notes;
};

/// The network with every tensor filled, the layers to adjust, and training data: never the test
/// set.
struct Calibration {
  Network& network;
  std::vector<std::size_t> layers;  // of network.layers()
  std::vector<std::string> places;  // parallel to `layers`: where the user chose the scheme
  const Dataset& train;
  Loss loss;
  std::uint64_t seed;  // draws come from streams of Purpose::calibration
  CalibrationPass& pass;
  InitReport& report;
};

/// Throws ConfigError at the place of the i-th of `calibration.layers`, naming layer and scheme;
/// `reason` says what would work.
[[noreturn]] void refuse(const Calibration& calibration, std::size_t i, const Scheme& scheme,
                         const std::string& reason);

}  // namespace initbench
