#include "experiment/init_candidates.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/errors.h"
#include "experiment/config_json.h"
#include "experiment/drawn_law.h"
#include "experiment/scheme_text.h"
#include "experiment/trial.h"
#include "experiment/weight_files.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

enum class Biases { zeros, same_scheme };

struct CandidateRow {
  std::string_view init;
  std::string_view idea;
  Biases biases = Biases::zeros;
  std::string_view network_change = {};  // a key of layers and its value, to go with it
  /// The layers to set that of.
  bool (*changes)(const Network& network, const Layer& layer) = nullptr;
  /// Why this network has no use for it although it could be drawn, or "".
  std::string_view (*no_use)(const Network& network) = nullptr;
};

std::string_view unless_residual(const Network& network) {
  if (network.layers().back().position.blocks > 0) return "";
  return "it is for networks with residual layers, and this one has none";
}

/// Layers may be linear on purpose: bottlenecks, the ends of branches. They stay so.
bool has_activation(const Layer& layer) { return layer.activation.kind != ActivationKind::linear; }
bool is_without_norm(const Network& network, const Layer& layer) {
  return has_activation(layer) && !norm_node(network, layer);
}

bool is_not_relu(const Network&, const Layer& layer) {
  return has_activation(layer) && layer.activation.kind != ActivationKind::relu;
}

std::string_view unless_sin(const Network& network) {
  const bool all = std::all_of(network.layers().begin(), network.layers().end(), [](const auto& l) {
    return l.activation.kind == ActivationKind::sin || l.activation.kind == ActivationKind::linear;
  });
  return all ? "" : "it is for networks of sin layers alone";
}

/// Among those that promise equally much the earlier one is preferred.
constexpr std::array kRows{
    CandidateRow{"looks_linear", "starts as a linear map that keeps every length and angle"},
    CandidateRow{R"({"scheme":"orthogonal","gain":"critical"})",
                 "keeps gradients (chi = 1); orthogonal matrices keep all directions alike"},
    CandidateRow{R"({"scheme":"orthogonal_critical","q":0.1})",
                 "edge of chaos at short activations, orthogonal or delta-orthogonal",
                 Biases::same_scheme},
    CandidateRow{"orthogonal_critical", "edge of chaos, orthogonal or delta-orthogonal",
                 Biases::same_scheme},
    CandidateRow{R"({"scheme":"orthogonal","gain":"second_moment"})",
                 "keeps the activations' second moment; orthogonal matrices"},
    CandidateRow{.init = "fixup",
                 .idea = "residual branches start at 0 and move little in one update",
                 .no_use = unless_residual},
    CandidateRow{.init = "rezero",
                 .idea = "residual branches start at 0 by a learned factor",
                 .no_use = unless_residual},
    CandidateRow{.init = R"({"scheme":"zero_last","where":"output_and_branches"})",
                 .idea = "residual branches and the output start at 0",
                 .no_use = unless_residual},
    CandidateRow{.init = "depth_scaled_residual",
                 .idea = "residual branches shrink with the number of blocks",
                 .no_use = unless_residual},
    CandidateRow{"kaiming_normal", "keeps the second moment behind relu"},
    CandidateRow{"xavier_normal", "keeps lengths and gradients of linear layers"},
    CandidateRow{R"({"scheme":"kaiming_normal","nonlinearity":"second_moment"})",
                 "keeps the activations' second moment"},
    CandidateRow{R"({"scheme":"kaiming_normal","nonlinearity":"critical"})",
                 "keeps gradients (chi = 1)"},
    CandidateRow{R"({"scheme":"critical","q":0.1})", "edge of chaos at short activations",
                 Biases::same_scheme},
    CandidateRow{"critical", "edge of chaos", Biases::same_scheme},
    CandidateRow{"lecun_normal", "keeps lengths of linear layers and of selu"},
    CandidateRow{.init = "siren", .idea = "made for sin", .no_use = unless_sin},
    CandidateRow{"unit_variance_per_unit",
                 "every unit has mean 0 and variance 1 over the data: no activation shifts means"},
    CandidateRow{"lsuv", "orthogonal, then every layer's variance is set to 1 over the data"},
    CandidateRow{"krahenbuhl", "as unit_variance_per_unit, then all layers learn at one rate"},
    CandidateRow{.init = "kaiming_normal",
                 .idea = "relu instead of the activation",
                 .network_change = "activation=relu",
                 .changes = is_not_relu},
    CandidateRow{.init = "kaiming_normal",
                 .idea = "layer norms keep the lengths",
                 .network_change = "norm=layer",
                 .changes = is_without_norm},
};

/// The settings of a row for one network: for all layers at once where that says the same.
class RowSettings {
 public:
  RowSettings(const ExperimentConfig& config, const Network& network)
      : config_(config), network_(network) {
    for (const Layer& layer : network.layers()) {
      if (layer.bias) biased_.insert(layer.name);
    }
  }

  std::vector<std::string> of(const CandidateRow& row) const {
    const std::string init(row.init);
    std::vector<std::string> settings;
    set_inits(init, settings);
    set_biases(row.biases == Biases::same_scheme ? init : "zeros", settings);
    if (row.changes != nullptr) set_in_layers(row, settings);
    return settings;
  }

 private:
  static constexpr std::string_view kShortcut = ".shortcut";  // a block's projection

  static std::string path_of(const LayerInit& layer) { return "model.layers." + layer.layer; }
  static bool is_projection(const LayerInit& layer) { return layer.layer.ends_with(kShortcut); }

  void set_inits(const std::string& init, std::vector<std::string>& settings) const {
    const bool all = std::none_of(config_.inits.begin(), config_.inits.end(), is_loaded);
    if (all) settings.push_back("model.layers.*.init=" + init);
    for (const LayerInit& layer : config_.inits) {
      if (is_loaded(layer)) continue;
      std::string path = path_of(layer);
      if (is_projection(layer)) {
        path.resize(path.size() - kShortcut.size());
        settings.push_back(path.append(".shortcut_init=").append(init));
      } else if (!all) {
        settings.push_back(path.append(".init=").append(init));
      }
    }
  }

  /// A layer without biases takes no scheme for them.
  void set_biases(const std::string& init, std::vector<std::string>& settings) const {
    bool all = true;
    bool all_as_wanted = true;
    std::vector<std::string> single;
    for (const LayerInit& layer : config_.inits) {
      if (is_projection(layer)) continue;
      const bool is_set = biased_.contains(layer.layer) && !is_loaded(layer);
      all = all && is_set;
      if (!is_set) continue;
      all_as_wanted = all_as_wanted && layer.bias.scheme->name == init;
      single.push_back(path_of(layer) + ".bias_init=" + init);
    }
    if (single.empty() || (init == "zeros" && all_as_wanted)) return;
    if (all) single = {"model.layers.*.bias_init=" + init};
    settings.insert(settings.end(), single.begin(), single.end());
  }

  void set_in_layers(const CandidateRow& row, std::vector<std::string>& settings) const {
    const std::string change(row.network_change);
    std::vector<std::string> single;
    bool all = network_.layers().back().position.blocks == 0;  // a block has an activation, too
    for (const Layer& layer : network_.layers()) {
      if (layer.position.role == LayerRole::output) continue;
      const bool is_set = row.changes(network_, layer);
      all = all && is_set;
      if (is_set) single.push_back("model.layers." + layer.name + "." + change);
    }
    if (all) single = {"model.layers.*." + change};
    settings.insert(settings.end(), single.begin(), single.end());
  }

  const ExperimentConfig& config_;
  const Network& network_;
  std::set<std::string> biased_;
};

/// A network of this config that every scheme can serve.
Network checked_network(const ExperimentConfig& config, const Dataset& train_set) {
  Network network = build_network(config, train_set);
  const LoadedWeights weights = load_weight_files(config);
  check_schemes(network, layer_inits(config, network), &weights.files);
  return network;
}

/// From rows to candidates of one network.
class CandidateList {
 public:
  CandidateList(const ExperimentConfig& config, const Dataset& train_set)
      : config_(config),
        train_set_(train_set),
        text_(to_json(config).dump()),
        network_(build_network(config, train_set)),
        settings_(config, network_),
        laws_{laws_drawn(config, network_)} {
    list_.fit.push_back({.init = schemes_of(config),
                         .settings = {},
                         .idea = "the config as it is",
                         .is_current = true,
                         .config = config});
  }

  void add(const CandidateRow& row) {
    const std::string_view no_use = row.no_use == nullptr ? "" : row.no_use(network_);
    if (!no_use.empty()) return refuse(row, std::string(no_use));
    const bool changes_any =
        row.changes == nullptr ||
        std::any_of(network_.layers().begin(), network_.layers().end(),
                    [&](const Layer& layer) { return row.changes(network_, layer); });
    if (!changes_any) return;
    try {
      add_fitting(row);
    } catch (const ConfigError& error) {
      const std::vector<ConfigIssue>& issues = error.issues();
      std::string reason = issues.front().message;
      if (issues.size() > 1) {
        reason.append(" (and ").append(std::to_string(issues.size() - 1)).append(" more)");
      }
      refuse(row, std::move(reason));
    }
  }

  InitCandidates take() { return std::move(list_); }

 private:
  void refuse(const CandidateRow& row, std::string reason) {
    list_.unfit.push_back({.init = std::string(row.init), .reason = std::move(reason)});
  }

  void add_fitting(const CandidateRow& row) {
    std::vector<std::string> settings = settings_.of(row);
    std::vector<Override> overrides;
    overrides.reserve(settings.size());
    for (const std::string& setting : settings) overrides.push_back(parse_override(setting));
    ExperimentConfig changed = read_config(text_, config_.name, overrides);
    const Network network = checked_network(changed, train_set_);
    if (run_id(changed) == run_id(config_)) return;
    if (row.network_change.empty() && !is_new(laws_drawn(changed, network))) return;
    list_.fit.push_back({.init = std::string(row.init),
                         .settings = std::move(settings),
                         .idea = row.idea,
                         .network_change = row.network_change,
                         .config = std::move(changed)});
  }

  bool is_new(std::vector<DrawnLaw> laws) {
    const auto same = [&](const std::vector<DrawnLaw>& other) {
      return std::equal(laws.begin(), laws.end(), other.begin(), other.end(), is_same);
    };
    if (laws.empty()) return true;
    if (std::any_of(laws_.begin(), laws_.end(), same)) return false;
    laws_.push_back(std::move(laws));
    return true;
  }

  const ExperimentConfig& config_;
  const Dataset& train_set_;
  std::string text_;
  Network network_;
  RowSettings settings_;
  std::vector<std::vector<DrawnLaw>> laws_;
  InitCandidates list_;
};

}  // namespace

bool is_loaded(const LayerInit& layer) {
  return layer.weight.scheme->reads_files ||
         (layer.bias.scheme != nullptr && layer.bias.scheme->reads_files);
}

InitCandidates init_candidates(const ExperimentConfig& config, const Dataset& train_set) {
  std::vector<std::string> kept;
  for (const LayerInit& layer : config.inits) {
    if (is_loaded(layer)) kept.push_back(layer.layer);
  }
  if (kept.size() == config.inits.size()) {
    throw ConfigError("model.layers",
                      "every layer loads its weights from a file, so that there is no "
                      "initialization to choose; give some layers another \"init\" than load");
  }
  CandidateList list(config, train_set);
  for (const CandidateRow& row : kRows) list.add(row);
  InitCandidates candidates = list.take();
  candidates.kept = std::move(kept);
  return candidates;
}

}  // namespace initbench
