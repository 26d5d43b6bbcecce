#include "init/layer_laws.h"

#include "base/errors.h"
#include "init/scheme.h"

namespace initbench {
namespace {

std::optional<double> variance_under(const InitChoice& choice, const TensorContext& context) {
  if (choice.scheme->variance == nullptr) return std::nullopt;
  return choice.scheme->variance(choice, context);
}

std::string reason_of(const InitChoice& choice, std::string_view tensor) {
  const std::string subject =
      "the " + std::string(tensor) + " of scheme " + std::string(choice.scheme->name);
  switch (choice.scheme->scheme_class) {
    case SchemeClass::data_dependent: return subject + " depend on the data";
    case SchemeClass::optimization_based: return subject + " are found by optimization";
    case SchemeClass::plain:
    case SchemeClass::architecture_aware: break;
  }
  return subject + " do not have mean 0 and one variance";
}

LayerLaw law_of(const Network& network, const Layer& layer, const LayerInit& init) {
  LayerLaw law;
  const TensorContext weight = context_of(network, layer, layer.weight);
  law.weight_variance = variance_under(init.weight, weight);
  if (!law.weight_variance && init.weight.scheme->centre_variance != nullptr) {
    law.weight_variance = init.weight.scheme->centre_variance(init.weight, weight);
    law.centre_only = law.weight_variance.has_value();
  }
  law.gaussian =
      init.weight.scheme->gaussian != nullptr && init.weight.scheme->gaussian(init.weight);
  law.orthogonal = init.weight.scheme->orthogonal;
  if (!law.weight_variance) law.reason = reason_of(init.weight, "weights");
  if (layer.bias) {
    const TensorContext bias = context_of(network, layer, *layer.bias);
    law.bias_variance = variance_under(init.bias, bias);
    if (!law.bias_variance && law.reason.empty()) law.reason = reason_of(init.bias, "biases");
  }
  return law;
}

}  // namespace

std::vector<LayerLaw> laws_of(const Network& network, std::span<const LayerInit> inits) {
  const auto layers = network.layers();
  expects(inits.size() == layers.size(), "one init per layer");
  std::vector<LayerLaw> laws;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    laws.push_back(law_of(network, layers[i], inits[i]));
  }
  return laws;
}

}  // namespace initbench
