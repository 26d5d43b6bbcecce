#include <algorithm>
#include <cmath>
#include <optional>

#include "base/errors.h"
#include "nn/normalization.h"
#include "theory/batch_spectrum.h"
#include "theory/graph_moments.h"
#include "theory/norm_moments.h"
#include "theory/patch_spectrum.h"
#include "theory/sampled_nodes.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

// Second moments of numbers that a float can hold.
constexpr double kLargestSecondMoment = 1e76;
constexpr double kSmallestSecondMoment = 1e-88;
// A batch norm over fewer values divides by a variance whose inverse has no typical value.
constexpr Index kFewestValues = 16;

NodeMoments moments_from(const ValueMoments& values, const Shape& shape) {
  const Index rows = values.second_moment.rows();
  expects(rows == 1 || rows == shape.positions(), "second moments by position");
  NodeMoments moments;
  moments.units = shape.channels;
  moments.second_moment = values.second_moment.replicate(shape.positions() / rows, 1);
  moments.mean = Eigen::ArrayXXd::Constant(moments.second_moment.rows(),
                                           moments.second_moment.cols(), values.mean);
  if (!values.pairs.empty()) {
    moments.half_difference = values.half_difference;
    moments.pairs = values.pairs;
  } else if (values.gap) {
    moments.half_difference = *values.gap * moments.second_moment.rowwise().mean();
  }
  moments.places = values.places;
  moments.batch_spectrum = values.batch_spectrum;
  moments.why_not_normal = "measured values have no normal law";
  return moments;
}

NodeState unknown(std::string reason) { return {.moments = {}, .reason = std::move(reason)}; }

NodeState known(NodeMoments moments, const NodeState& from) {
  return {.moments = std::move(moments), .reason = {}, .measured_start = from.measured_start};
}

/// Of each node the last one that reads it; of the output itself.
std::vector<NodeId> last_readers(const Network& network) {
  std::vector<NodeId> readers(network.nodes().size());
  for (NodeId id = 0; id <= network.output(); ++id) {
    const Node& node = network.node(id);
    readers[static_cast<std::size_t>(id)] = id;
    if (id > 0) readers[static_cast<std::size_t>(node.input)] = id;
    const auto* add = std::get_if<AddOp>(&node.operation);
    if (add != nullptr) readers[static_cast<std::size_t>(add->shortcut)] = id;
  }
  return readers;
}

class ForwardPass {
 public:
  ForwardPass(const Network& network, std::span<const LayerLaw> laws, const ValueMoments& input)
      : network_(network),
        laws_(laws),
        input_(input),
        layers_(layer_of_nodes(network)),
        last_readers_(last_readers(network)),
        sampled_(network) {}

  std::vector<NodeState> run(std::span<const MeasuredNode> measured) {
    states_.reserve(network_.nodes().size());
    for (NodeId id = 0; id <= network_.output(); ++id) {
      states_.push_back(state_of(id));
      const auto found = std::find_if(measured.begin(), measured.end(),
                                      [id](const MeasuredNode& m) { return m.node == id; });
      if (!states_.back().moments && found != measured.end()) {
        states_.back() = {.moments = moments_from(found->moments, network_.node(id).shape),
                          .reason = {},
                          .measured_start = true};
      }
      if (sampled_.contains(id) && states_.back().moments) {
        add_samples(network_, id, states_);
      }
      if (id == 0) continue;
      const Node& node = network_.node(id);
      release(node.input, id);
      if (const auto* add = std::get_if<AddOp>(&node.operation)) release(add->shortcut, id);
    }
    return std::move(states_);
  }

 private:
  const NodeState& state(NodeId id) const { return states_[static_cast<std::size_t>(id)]; }

  NodeState state_of(NodeId id) {
    const Node& node = network_.node(id);
    if (id > 0 && !state(node.input).moments) return unknown(state(node.input).reason);
    NodeState result = std::visit([&](const auto& operation) { return apply(id, node, operation); },
                                  node.operation);
    if (!result.moments) return result;
    const double size = result.moments->mean_second_moment();
    if (!(size <= kLargestSecondMoment)) return unknown("values grow beyond the range of float");
    if (size > 0 && size < kSmallestSecondMoment) {
      return unknown("values shrink below the range of float");
    }
    return result;
  }

  /// What a node read last of all keeps only its means: positions and groups of a hundred layers of
  /// pictures would fill memory.
  void release(NodeId read, NodeId reader) {
    NodeState& past = states_[static_cast<std::size_t>(read)];
    const bool is_done = last_readers_[static_cast<std::size_t>(read)] == reader;
    if (is_done && past.moments) past.moments->keep_means();
    if (is_done) past.units = past.places = {};
  }

  NodeState apply(NodeId, const Node& node, const InputOp&) {
    return {.moments = moments_from(input_, node.shape), .reason = {}};
  }

  NodeState apply(NodeId id, const Node& node, const DenseOp& operation) {
    return linear(id, node, operation.bias_scale, [&](const NodeMoments& x, const LinearLaw& law) {
      return through_dense(x, operation.inputs, operation.outputs, law);
    });
  }

  NodeState apply(NodeId id, const Node& node, const ConvolutionOp& operation) {
    return linear(id, node, operation.bias_scale, [&](const NodeMoments& x, const LinearLaw& law) {
      return through_convolution(x, operation.geometry, law);
    });
  }

  template <typename Through>
  NodeState linear(NodeId id, const Node& node, double bias_scale, Through through) {
    const LayerLaw& law = law_of(id);
    const Layer& layer = network_.layers()[layer_of(id)];
    if (!law.weight_variance || !law.bias_variance) {
      return unknown(layer.name + ": " + law.reason);
    }
    const std::string why_narrow = why_too_narrow(layer, node.operation);
    const bool narrow = !why_narrow.empty();
    if (narrow && node.input != 0) return unknown(why_narrow);
    const NodeState& from = state(node.input);
    NodeMoments z =
        through(*from.moments, {.weight_variance = *law.weight_variance,
                                .bias_variance = bias_scale * bias_scale * *law.bias_variance,
                                .centre_only = law.centre_only,
                                .orthogonal = law.orthogonal});
    if (layer.fans.in < kNarrowestFanIn && !law.gaussian) {
      z.normal = false;
      z.why_not_normal = why_narrow;
    }
    return known(std::move(z), from);
  }

  static std::string why_too_narrow(const Layer& layer, const Operation& operation) {
    const auto too_few = [&](Index count, const char* what) {
      return layer.name + " sums only " + std::to_string(count) + what +
             ", too few for a mean-field";
    };
    if (layer.fans.in < kNarrowestFanIn) return too_few(layer.fans.in, " inputs");
    if (const auto* convolution = std::get_if<ConvolutionOp>(&operation)) {
      const ConvolutionGeometry& geometry = convolution->geometry;
      const Index channels = geometry.in.channels / geometry.groups;
      if (channels < kFewestChannels)
        return too_few(channels, channels == 1 ? " channel" : " channels");
    }
    return {};
  }

  NodeState apply(NodeId, const Node& node, const ActivationOp& operation) {
    const NodeState& from = state(node.input);
    const bool is_sampled = !from.moments->normal && !from.units.is_empty();
    if (!from.moments->normal && !is_sampled) {
      return unknown("the activation's input is not normal: " + from.moments->why_not_normal);
    }
    if (from.moments->mean_second_moment() == 0) {
      return unknown("the activation's input is 0 everywhere");
    }
    Activated activated = is_sampled
                              ? through_activation(*from.moments, from.units, operation.activation)
                              : through_activation(*from.moments, operation.activation, integrals_);
    if (!is_sampled && sampled_.contains(node.input)) {
      activated.effect.unit_slopes = from.units.squared_slopes(operation.activation);
    }
    if (is_sampled && from.moments->places.are_known() && !from.places.is_empty()) {
      const SampleMoments places = from.places.moments(operation.activation);
      if (places.second_moment > 0) {
        set_places(*from.moments, places.half_difference / places.second_moment, activated.moments);
      }
    }
    NodeState result = known(std::move(activated.moments), from);
    result.effect = std::move(activated.effect);
    return result;
  }

  NodeState apply(NodeId, const Node&, const PoolOp& operation) {
    const bool max = operation.kind == PoolKind::max;
    return unknown(std::string(max ? "max" : "average") +
                   " pooling depends on the covariance of neighbouring positions");
  }

  NodeState apply(NodeId, const Node& node, const BatchNormOp&) {
    const NodeState& from = state(node.input);
    NodeState result = normalized(node, from);
    const Index values = input_.batch * node.shape.positions();
    if (input_.batch > 0 && values < kFewestValues) {
      result.norm_inverses.resize(0);
      return result;
    }
    if (values > 0) result.norm_kept = 1 - 2 / static_cast<double>(values);
    const Eigen::ArrayXd& spectrum = from.moments->batch_spectrum;
    if (spectrum.size() > 0 && !node.shape.is_image) {
      result.norm_values = effective_count(spectrum);
    }
    return result;
  }

  /// Behind a batch norm, with what it multiplied squares by.
  NodeState normalized(const Node& node, const NodeState& from) const {
    if (const auto data = normalized_data(node.input, from)) {
      NodeState result = known(data->moments, from);
      result.norm_inverses = Eigen::ArrayXd::Constant(1, data->mean_inverse);
      return result;
    }
    NodeState result = known(through_batch_norm(*from.moments, input_.batch), from);
    if (const auto inverse = batch_norm_inverse(*from.moments, input_.batch)) {
      result.norm_inverses = Eigen::ArrayXd::Constant(1, *inverse);
    }
    return result;
  }

  /// Where what is normalized is a convolution of the network's input.
  std::optional<PatchSpectrum::Normalized> normalized_data(NodeId id, const NodeState& from) const {
    const auto* convolution = std::get_if<ConvolutionOp>(&network_.node(id).operation);
    if (convolution == nullptr || network_.node(id).input != 0) return std::nullopt;
    const LayerLaw& law = law_of(id);
    if (input_.pictures.size() == 0 || law.centre_only) return std::nullopt;
    if (!PatchSpectrum::can_be_of(convolution->geometry)) return std::nullopt;
    return PatchSpectrum(convolution->geometry, input_.pictures)
        .normalized(*from.moments, input_.group_pictures, *law.weight_variance);
  }

  NodeState apply(NodeId, const Node& node, const LayerNormOp&) {
    const NodeState& from = state(node.input);
    NodeState result = known(through_layer_norm(*from.moments), from);
    const auto features = static_cast<double>(node.shape.features());
    result.norm_kept = std::max(1 - 2 / features, 0.0);
    result.norm_inverses = (sample_variances(*from.moments) + kNormEpsilon).inverse();
    return result;
  }

  NodeState apply(NodeId, const Node& node, const DropoutOp& operation) {
    const NodeState& from = state(node.input);
    if (operation.rate == 0) return known(*from.moments, from);
    return unknown(operation.name + ": theory is for networks without dropout");
  }

  NodeState apply(NodeId, const Node& node, const ScaleOp& operation) {
    const NodeState& from = state(node.input);
    return known(scaled(*from.moments, operation.factor), from);
  }

  NodeState apply(NodeId, const Node& node, const ShiftOp& operation) {
    const NodeState& from = state(node.input);
    if (network_.values_of(operation.shift)[0] == 0) return known(*from.moments, from);
    return unknown("a scalar bias that is not 0 gives values a common mean");
  }

  NodeState apply(NodeId id, const Node& node, const AddOp& operation) {
    const NodeState& shortcut = state(operation.shortcut);
    const NodeState& branch = state(node.input);
    if (!shortcut.moments) return unknown(shortcut.reason);
    if (!branch_is_fresh(id)) return unknown("a residual branch without weights of its own");
    if (shortcut.moments->second_moment.cols() != branch.moments->second_moment.cols()) {
      return unknown("shortcut and branch are known of other samples");
    }
    NodeMoments sum =
        add_branch(*shortcut.moments, *branch.moments, residual_scale(network_, operation));
    NodeState result = known(std::move(sum), branch);
    result.measured_start |= shortcut.measured_start;
    return result;
  }

  /// Whether new weights lie between the shortcut and the branch's end, so that the two are
  /// uncorrelated but for their means.
  bool branch_is_fresh(NodeId add) const {
    const NodeId shortcut = std::get<AddOp>(network_.node(add).operation).shortcut;
    if (is_linear(shortcut)) return true;  // a projection has its own weights
    for (NodeId id = network_.node(add).input; id > shortcut; id = network_.node(id).input) {
      if (is_linear(id)) return true;
    }
    return false;
  }

  std::size_t layer_of(NodeId id) const {
    return static_cast<std::size_t>(layers_[static_cast<std::size_t>(id)]);
  }
  const LayerLaw& law_of(NodeId id) const { return laws_[layer_of(id)]; }
  bool is_linear(NodeId id) const { return layers_[static_cast<std::size_t>(id)] >= 0; }

  const Network& network_;
  std::span<const LayerLaw> laws_;
  const ValueMoments& input_;
  std::vector<int> layers_;
  std::vector<NodeId> last_readers_;
  SampledNodes sampled_;
  std::vector<NodeState> states_;
  Integrals integrals_;
};

}  // namespace

std::vector<int> layer_of_nodes(const Network& network) {
  std::vector<int> layers(network.nodes().size(), -1);
  int index = 0;
  for (const Layer& layer : network.layers()) {
    layers[static_cast<std::size_t>(layer.linear)] = index++;
  }
  return layers;
}

std::vector<NodeState> forward_moments(const Network& network, std::span<const LayerLaw> laws,
                                       const ValueMoments& input,
                                       std::span<const MeasuredNode> measured) {
  expects(laws.size() == network.layers().size(), "one law per layer");
  return ForwardPass(network, laws, input).run(measured);
}

}  // namespace initbench
