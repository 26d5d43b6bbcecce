#include "init/parametrization.h"

#include <map>
#include <string_view>
#include <utility>

#include "base/errors.h"

namespace initbench {
namespace {

/// Walks a model and lets each layer's scheme change the layer and the block around it.
class Reshaping {
 public:
  Reshaping(const Network& network, std::span<const LayerInit> inits) : network_(network) {
    expects(inits.size() == network.layers().size(), "one LayerInit per parametrised layer");
    for (std::size_t i = 0; i < inits.size(); ++i) {
      by_name_.emplace(network.layers()[i].name, Entry{network.layers()[i], inits[i].weight});
    }
  }

  void apply(ModelSpec& layers) {
    for (LayerSpec& layer : layers) {
      if (auto* dense = std::get_if<DenseSpec>(&layer.kind)) {
        parametrize(layer.name, dense->parametrization);
      } else if (auto* convolution = std::get_if<Conv2dSpec>(&layer.kind)) {
        parametrize(layer.name, convolution->parametrization);
      } else if (auto* residual = std::get_if<ResidualSpec>(&layer.kind)) {
        apply(residual->layers);
        parametrize(layer.name + ".shortcut", residual->shortcut_parametrization);
        shape_block(layer, *residual);
      }
    }
  }

  void throw_if_any() {
    if (!issues_.empty()) throw ConfigError(std::move(issues_));
  }

 private:
  struct Entry {
    const Layer& layer;
    const InitChoice& choice;
  };

  void parametrize(const std::string& layer, Parametrization& how) {
    const auto found = by_name_.find(layer);
    if (found == by_name_.end()) return;  // an identity shortcut
    const Entry& entry = found->second;
    const Scheme& scheme = *entry.choice.scheme;
    if (scheme.parametrize == nullptr) return;
    scheme.parametrize(entry.choice, context_of(network_, entry.layer, entry.layer.weight), how);
  }

  /// By the scheme of the branch's layers that has a say; all that have must be the same.
  void shape_block(const LayerSpec& block, ResidualSpec& spec) {
    const Entry* deciding = nullptr;
    for (const LayerSpec& inner : spec.layers) {
      const auto found = by_name_.find(inner.name);
      if (found == by_name_.end()) continue;
      const Entry& entry = found->second;
      if (entry.choice.scheme->shape_block == nullptr) continue;
      if (deciding != nullptr && !(deciding->choice == entry.choice)) {
        const bool alike = deciding->choice.scheme == entry.choice.scheme;
        refuse(
            block, *entry.choice.scheme,
            (alike ? "would set this block with other parameters too"
                   : "and " + std::string(deciding->choice.scheme->name) + " both set this block") +
                "; give all layers of its branch the same init");
        return;
      }
      deciding = &entry;
    }
    if (deciding == nullptr) return;
    const Scheme& scheme = *deciding->choice.scheme;
    if (spec.scale != 1 || spec.learned_scale) {
      refuse(block, scheme, "sets this block's scale itself; remove \"scale\"");
      return;
    }
    scheme.shape_block(deciding->choice, deciding->layer.position, spec);
  }

  void refuse(const LayerSpec& block, const Scheme& scheme, const std::string& reason) {
    issues_.push_back({.place = block.place,
                       .message = block.name + ": " + std::string(scheme.name) + " " + reason});
  }

  const Network& network_;
  std::map<std::string_view, Entry> by_name_;
  std::vector<ConfigIssue> issues_;
};

}  // namespace

std::optional<ModelSpec> reshaped_model(const ModelSpec& model, const Network& network,
                                        std::span<const LayerInit> inits) {
  bool any = false;
  for (const LayerInit& init : inits) {
    const Scheme& scheme = *init.weight.scheme;
    any = any || scheme.parametrize != nullptr || scheme.shape_block != nullptr;
  }
  if (!any) return std::nullopt;
  ModelSpec reshaped = model;
  Reshaping reshaping(network, inits);
  reshaping.apply(reshaped);
  reshaping.throw_if_any();
  return reshaped;
}

std::vector<RateFactors> rate_factors(const Network& network, std::span<const LayerInit> inits) {
  std::vector<RateFactors> factors(network.parameters().size());
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const Scheme& scheme = *inits[i].weight.scheme;
    const Layer& layer = network.layers()[i];
    if (scheme.rate_factors == nullptr) continue;
    for (std::size_t p = 0; p < factors.size(); ++p) {
      if (network.parameters()[p].layer != layer.name) continue;
      const auto id = static_cast<ParameterId>(p);
      factors[p] = scheme.rate_factors(inits[i].weight, context_of(network, layer, id));
    }
  }
  return factors;
}

}  // namespace initbench
