/// THE table of initializations that may serve a network instead of its own: what advice and
/// `recommend` choose from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "experiment/config.h"

namespace initbench {

/// One initialization of a network. It replaces the scheme of every layer's weights and biases,
/// those that a layer chose for itself too, but weights that are loaded from a file stay.
struct InitCandidate {
  std::string init;                   // a value of "init", a name or JSON; of the config several
  std::vector<std::string> settings;  // PATH=VALUE for --set; empty: the config as it is
  std::string_view idea;              // why it may serve
  bool is_current = false;
  std::string_view network_change;  // a key of layers and its value that go with it, or empty
  ExperimentConfig config;

  bool changes_network() const { return !network_change.empty(); }
};

/// A row that cannot serve this network, and why.
struct UnfitCandidate {
  std::string init;
  std::string reason;
};

struct InitCandidates {
  std::vector<InitCandidate> fit;  // the config as it is first, then in the table's order
  std::vector<UnfitCandidate> unfit;
  std::vector<std::string> kept;  // layers whose weights are loaded
};

/// Whether weights or biases of the layer come from a file.
bool is_loaded(const LayerInit& layer);

/// What is drawn by the same law as an earlier row, or would change nothing in the network, is left
/// out. Throws ConfigError when every layer
/// loads its weights.
InitCandidates init_candidates(const ExperimentConfig& config, const Dataset& train_set);

}  // namespace initbench
