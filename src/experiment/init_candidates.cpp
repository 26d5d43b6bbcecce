#include "experiment/init_candidates.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/errors.h"
#include "experiment/config_json.h"
#include "experiment/trial.h"
#include "init/layer_laws.h"

namespace initbench {
namespace {

/// What biases start with.
enum class Biases { zeros, same_scheme };

struct CandidateRow {
  std::string_view init;
  std::string_view idea;
  Biases biases = Biases::zeros;
  std::string_view network_change = {};  // a key of layers and its value, to go with it
  /// Why this network has no use for it although it could be drawn, or empty.
  std::string_view (*no_use)(const Network& network) = nullptr;
};

std::string_view unless_residual(const Network& network) {
  if (network.layers().back().position.blocks > 0) return "";
  return "it is for networks with residual layers, and this one has none";
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
    CandidateRow{"kaiming_normal", "relu instead of the activation", Biases::zeros,
                 "activation=relu"},
    CandidateRow{"kaiming_normal", "layer norms keep the lengths", Biases::zeros, "norm=layer"},
};

/// The settings of a row for one network: for all layers at once where that says the same.
class RowSettings {
 public:
  RowSettings(const ExperimentConfig& config, const Network& network) : config_(config) {
    for (const Layer& layer : network.layers()) {
      if (layer.bias) biased_.insert(layer.name);
    }
  }

  std::vector<std::string> of(const CandidateRow& row) const {
    const std::string init(row.init);
    std::vector<std::string> settings;
    set_inits(init, settings);
    set_biases(row.biases == Biases::same_scheme ? init : "zeros", settings);
    if (!row.network_change.empty()) {
      settings.push_back("model.layers.*." + std::string(row.network_change));
    }
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

  const ExperimentConfig& config_;
  std::set<std::string> biased_;
};

/// What would be drawn: equal for candidates that differ in name alone; empty when a scheme does
/// more than draw by a law.
std::string law_of(const ExperimentConfig& config, const Network& network) {
  const std::vector<LayerInit> inits = layer_inits(config, network);
  std::string text;
  for (const LayerInit& init : inits) {
    const Scheme& scheme = *init.weight.scheme;
    const bool more = scheme.parametrize != nullptr || scheme.shape_block != nullptr ||
                      scheme.rate_factors != nullptr || scheme.calibrate_layer != nullptr ||
                      scheme.calibrate_network != nullptr;
    if (more) return "";
  }
  for (std::size_t i = 0; const LayerLaw& law : laws_of(network, inits)) {
    const Scheme& scheme = *inits[i++].weight.scheme;
    if (!law.weight_variance || !law.bias_variance) return "";
    const bool is_normal = scheme.gaussian != nullptr && scheme.gaussian(inits[i - 1].weight);
    text += std::to_string(*law.weight_variance * 1e6) + " " +
            std::to_string(*law.bias_variance * 1e6) + (law.orthogonal ? " orthogonal " : " ") +
            (is_normal || law.orthogonal ? "" : std::string(scheme.name)) + ";";
  }
  return text;
}

std::string names_of_schemes(const ExperimentConfig& config) {
  std::vector<std::string_view> names;
  for (const LayerInit& layer : config.inits) {
    const std::string_view name = layer.weight.scheme->name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

/// A network of this config that every scheme can serve.
Network checked_network(const ExperimentConfig& config, const Dataset& train_set) {
  Network network = build_network(config, train_set);
  check_schemes(network, layer_inits(config, network));
  return network;
}

}  // namespace

bool is_loaded(const LayerInit& layer) {
  return layer.weight.scheme->reads_files ||
         (layer.bias.scheme != nullptr && layer.bias.scheme->reads_files);
}

InitCandidates init_candidates(const ExperimentConfig& config, const Dataset& train_set) {
  InitCandidates candidates;
  for (const LayerInit& layer : config.inits) {
    if (is_loaded(layer)) candidates.kept.push_back(layer.layer);
  }
  if (candidates.kept.size() == config.inits.size()) {
    throw ConfigError("model.layers",
                      "every layer loads its weights from a file, so that there is no "
                      "initialization to choose; give some layers another \"init\" than load");
  }
  candidates.fit.push_back({.init = names_of_schemes(config),
                            .settings = {},
                            .idea = "the config as it is",
                            .is_current = true,
                            .config = config});
  const std::string text = to_json(config).dump();
  const Network unchanged = build_network(config, train_set);
  const RowSettings row_settings(config, unchanged);
  std::set<std::string> laws{law_of(config, unchanged)};
  for (const CandidateRow& row : kRows) {
    const std::string_view no_use = row.no_use == nullptr ? "" : row.no_use(unchanged);
    if (!no_use.empty()) {
      candidates.unfit.push_back({std::string(row.init), std::string(no_use)});
      continue;
    }
    try {
      std::vector<std::string> settings = row_settings.of(row);
      std::vector<Override> overrides;
      overrides.reserve(settings.size());
      for (const std::string& setting : settings) overrides.push_back(parse_override(setting));
      ExperimentConfig changed = read_config(text, config.name, overrides);
      const Network network = checked_network(changed, train_set);
      if (run_id(changed) == run_id(config)) continue;
      const bool changes_network = !row.network_change.empty();
      const std::string law = law_of(changed, network);
      const bool known = !law.empty() && !laws.insert(law).second;
      if (known && !changes_network) continue;
      candidates.fit.push_back({.init = std::string(row.init),
                                .settings = std::move(settings),
                                .idea = row.idea,
                                .changes_network = changes_network,
                                .config = std::move(changed)});
    } catch (const ConfigError& error) {
      candidates.unfit.push_back({std::string(row.init), error.issues().front().message});
    }
  }
  return candidates;
}

}  // namespace initbench
