#include "theory/prediction.h"

#include <algorithm>

#include "theory/dead_units.h"
#include "theory/graph_moments.h"
#include "theory/jacobian.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

std::optional<double> gap_of(const NodeMoments& moments) {
  if (!moments.has_pairs() || moments.mean_second_moment() == 0) return std::nullopt;
  return moments.gap();
}

class Predictor {
 public:
  Predictor(const Network& network, std::span<const LayerLaw> laws, const ValueMoments& input,
            std::span<const MeasuredNode> measured)
      : network_(network),
        laws_(laws),
        batch_(input.batch),
        states_(forward_moments(network, laws, input, measured)),
        gradients_(backward_moments(network, laws, states_, network.output())) {}

  NetworkPrediction run() const {
    NetworkPrediction prediction;
    for (std::size_t i = 0; i < laws_.size(); ++i) prediction.layers.push_back(layer(i));
    add_deltas(prediction.layers);
    add_arrival(prediction.arrival);
    add_width_factor(prediction);
    add_dead_inputs(prediction);
    add_jacobian(prediction);
    return prediction;
  }

 private:
  const NodeState& state(NodeId id) const { return states_[static_cast<std::size_t>(id)]; }

  /// The cosine of two single numbers is 1 or -1, whatever theory says of their correlation.
  bool has_angles(NodeId id) const { return network_.node(id).shape.features() > 1; }

  LayerPrediction layer(std::size_t index) const {
    const Layer& described = network_.layers()[index];
    LayerPrediction row{.name = described.name};
    const NodeState& pre = state(described.pre);
    const NodeState& act = state(described.activated);
    row.measured_start = pre.measured_start;
    row.width_bias = width_bias(described);
    row.divisor_bias = divisor_bias(index);
    row.reason = pre.moments ? act.reason : pre.reason;
    if (pre.moments) {
      row.pre_second_moment = pre.moments->mean_second_moment();
      row.pre_variance = pre.moments->variance();
      row.pre_spread = pre.moments->spread;
      if (has_angles(described.pre)) row.pre_gap = gap_of(*pre.moments);
      row.chi = chi(index);
      row.dead_fraction = dead(described, *pre.moments);
    }
    if (act.moments) {
      row.act_second_moment = act.moments->mean_second_moment();
      row.act_variance = act.moments->variance();
      row.act_spread = act.moments->spread;
      if (has_angles(described.activated)) row.act_gap = gap_of(*act.moments);
    }
    if (row.pre_gap) row.pre_cosine = 1 - *row.pre_gap;
    if (row.act_gap) row.act_cosine = 1 - *row.act_gap;
    return row;
  }

  double width_bias(const Layer& described) const {
    double bias = 0;
    const NodeState& input = state(described.input);
    if (!described.position.reads_input && input.moments) {
      bias = 1.0 / static_cast<double>(input.moments->units);
    }
    const std::optional<NodeId> norm = norm_node(network_, described);
    if (!norm) return bias;
    const double values = state(*norm).norm_values;
    return std::max(
        {bias, 1.0 / static_cast<double>(described.fans.out), values > 0 ? 1 / values : 0.0});
  }

  double divisor_bias(std::size_t index) const {
    const Layer& described = network_.layers()[index];
    const std::optional<NodeId> norm = norm_node(network_, described);
    if (!norm || !std::holds_alternative<BatchNormOp>(network_.node(*norm).operation)) return 0;
    const LayerLaw& law = laws_[index];
    const bool is_followed = described.position.reads_input && (law.gaussian || law.orthogonal) &&
                             !network_.node(*norm).shape.is_image;
    return is_followed ? 0 : 2 / static_cast<double>(described.fans.in);
  }

  /// sigma_w^2 E[phi'^2], divided by the variance that a norm between the two divides by.
  std::optional<double> chi(std::size_t index) const {
    const Layer& described = network_.layers()[index];
    const std::optional<WeightScale> scale = weight_scale(network_, described, laws_[index]);
    if (!scale) return std::nullopt;
    double factor = scale->sigma_w2;
    if (const std::optional<NodeId> norm = norm_node(network_, described)) {
      const Eigen::ArrayXd& inverses = state(*norm).norm_inverses;
      if (inverses.size() == 0) return std::nullopt;
      factor *= inverses.mean();
    }
    if (described.activated == described.pre) return factor;
    const auto& effect = state(described.activated).effect;
    if (!effect) return std::nullopt;
    return factor * effect->slope_second_moment.mean();
  }

  std::optional<double> dead(const Layer& described, const NodeMoments& pre) const {
    const bool flat = network_.node(described.pre).shape.positions() == 1;
    const bool applies = is_rectifier(described.activation) && flat && batch_ > 0 && pre.normal &&
                         (batch_ == 1 || pre.has_pairs());
    if (!applies) return std::nullopt;
    if (pre.mean_second_moment() == 0) return 1.0;
    const std::optional<NodeId> norm = norm_node(network_, described);
    // Over the batch such a unit has mean 0.
    if (norm && std::holds_alternative<BatchNormOp>(network_.node(*norm).operation)) return 0.0;
    return dead_fraction(batch_ == 1 ? 0.0 : pre.gap(), batch_);
  }

  void add_deltas(std::vector<LayerPrediction>& rows) const {
    const auto described = network_.layers();
    std::vector<std::optional<double>> squares;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const GradientState& gradient = gradients_[static_cast<std::size_t>(described[i].pre)];
      squares.emplace_back();
      if (gradient.squared_norm) squares.back() = gradient.total();
      rows[i].delta_reason = gradient.reason;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!squares[i] || !squares.back() || !(*squares.back() > 0)) continue;
      rows[i].delta_share = *squares[i] / *squares.back();
      const bool next_known = i + 1 < rows.size() && squares[i + 1] && *squares[i + 1] > 0;
      if (next_known) rows[i].delta_ratio = *squares[i] / *squares[i + 1];
    }
  }

  void add_arrival(ArrivalPrediction& arrival) const {
    const NodeId here = before_pooling(network_, read_by(network_, network_.layers().back()));
    if (const std::optional<NodeMoments>& moments = state(here).moments) {
      arrival.second_moment = moments->mean_second_moment();
      arrival.gap = gap_of(*moments);
    }
    arrival.largest_second_moment = largest_second_moment();
    if (const auto normed = first_normed(network_)) {
      const auto& moments = state(before_pooling(network_, *normed)).moments;
      if (moments) arrival.normed_second_moment = moments->mean_second_moment();
    }
    const Layer& first = network_.layers().front();
    if (first.pre >= here || first.position.branch_layers > 0) return;
    const auto ratio = [&](const std::vector<GradientState>& gradients) -> std::optional<double> {
      const GradientState& at_first = gradients[static_cast<std::size_t>(first.pre)];
      const GradientState& at_last = gradients[static_cast<std::size_t>(here)];
      if (!at_first.squared_norm || !at_last.squared_norm) return std::nullopt;
      if (!(at_last.total() > 0)) return std::nullopt;
      return at_first.total() / at_last.total();
    };
    arrival.first_gradient = ratio(gradients_);
    // The last weights may be 0, or a pooling in between may hold gradients up.
    if (!arrival.first_gradient) {
      arrival.first_gradient = ratio(backward_moments(network_, laws_, states_, here));
    }
  }

  double largest_second_moment() const {
    std::vector<NodeId> places{network_.output()};
    for (const Layer& layer : network_.layers()) {
      if (!is_on_path(layer) || layer.position.reads_input) continue;
      places.push_back(before_pooling(network_, read_by(network_, layer)));
    }
    double largest = 0;
    for (const NodeId place : places) {
      if (!state(place).moments) continue;
      largest = std::max(largest, state(place).moments->mean_second_moment());
    }
    return largest;
  }

  void add_width_factor(NetworkPrediction& prediction) const {
    double factor = 1;
    for (const Layer& described : network_.layers()) {
      const NodeState& act = state(described.activated);
      if (!act.moments) return;
      if (described.activated == described.pre && described.pre == network_.output()) break;
      const double v = act.effect ? act.effect->fluctuation : 2;
      factor *= 1 + v / static_cast<double>(act.moments->units);
    }
    prediction.finite_width_factor = factor;
  }

  void add_dead_inputs(NetworkPrediction& prediction) const {
    std::vector<Index> widths;
    for (const Layer& described : network_.layers()) {
      if (is_rectifier(described.activation)) {
        widths.push_back(network_.node(described.pre).shape.features());
      }
    }
    if (!widths.empty()) prediction.dead_input_probability = dead_input_probability(widths);
  }

  void add_jacobian(NetworkPrediction& prediction) const {
    prediction.jacobian_reason = why_no_jacobian();
    if (!prediction.jacobian_reason.empty()) return;
    std::vector<JacobianFactor> factors;
    for (std::size_t i = 0; i < laws_.size(); ++i) {
      const Layer& described = network_.layers()[i];
      const auto& effect = state(described.activated).effect;
      factors.push_back({.inputs = static_cast<double>(described.fans.in),
                         .outputs = static_cast<double>(described.fans.out),
                         .weight_variance = *laws_[i].weight_variance,
                         .ensemble = laws_[i].orthogonal ? WeightEnsemble::orthogonal
                                                         : WeightEnsemble::gaussian});
      if (!effect) continue;
      factors.back().slope_second_moment = effect->slope_second_moment.mean();
      factors.back().slope_spread = effect->slope_spread;
    }
    const JacobianSpectrum spectrum = jacobian_spectrum(factors);
    prediction.jacobian_mean = spectrum.mean;
    prediction.jacobian_relative_variance = spectrum.relative_variance;
  }

  std::string why_no_jacobian() const {
    for (NodeId id = 1; id <= network_.output(); ++id) {
      const Operation& operation = network_.node(id).operation;
      const bool chained = std::holds_alternative<DenseOp>(operation) ||
                           std::holds_alternative<ActivationOp>(operation);
      if (!chained) return "the spectrum is known for chains of dense layers without norms";
      if (!state(id).moments) return state(id).reason;
    }
    return {};
  }

  const Network& network_;
  std::span<const LayerLaw> laws_;
  Index batch_;
  std::vector<NodeState> states_;
  std::vector<GradientState> gradients_;
};

}  // namespace

NetworkPrediction predict(const Network& network, std::span<const LayerLaw> laws,
                          const ValueMoments& input, std::span<const MeasuredNode> measured) {
  return Predictor(network, laws, input, measured).run();
}

}  // namespace initbench
