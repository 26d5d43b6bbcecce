/// What mean-field theory predicts, layer by layer, for a network as it is: real fans, each layer's
/// own law and activation, and the second moment of its input.
///
/// Expectations are over random weights. Gradients are taken as independent of the forward pass
/// (Schoenholz et al. 2017). Where theory does not apply a value is empty and a reason is given;
/// with moments measured there it goes on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "nn/network.h"
#include "theory/layer_law.h"
#include "theory/node_moments.h"

namespace initbench {

/// Theory is about wide layers: below this fan-in its numbers are not meant.
inline constexpr Index kNarrowestFanIn = 8;
/// The same of channels that a kernel reads: its taps see the same ones.
inline constexpr Index kFewestChannels = 4;

/// Moments of a node's values that theory does not derive: the network's input, or a node where it
/// got stuck and somebody measured.
struct ValueMoments {
  /// Means of x^2 over features: one row, or one per position of an image; one column per group of
  /// samples of like norm (equally many), which theory follows separately.
  Eigen::ArrayXXd second_moment = Eigen::ArrayXXd::Ones(1, 1);
  double mean = 0;            // over features and samples
  std::optional<double> gap;  // 1 - mean x x' of two samples / mean x^2
  /// Where groups are single samples: some pairs of them, and means of (x - x')^2 / 2 over
  /// channels, positions x pairs, which take the place of `gap`.
  PairsOfGroups pairs;
  Eigen::ArrayXXd half_difference;
  Index batch = 0;  // samples in it; 0: unlimited
  /// theory/batch_spectrum.h; size 0: unknown.
  Eigen::ArrayXd batch_spectrum;
  /// Where a batch norm of images will ask: pairs of places; some pictures, and those that groups
  /// are, features x samples.
  PlaceProducts places;
  Eigen::MatrixXd pictures;
  Eigen::MatrixXd group_pictures;
};

/// 1 - mean x x' of two samples / mean x^2; empty for a single sample and for zeros.
/// x (features x samples).
std::optional<double> gap_between_samples(ConstMatrixView x);

/// Of a node's values. Samples are sorted by norm into `groups`. An image that a convolution will
/// read, by position, and vectors of a few features are described by some samples and pairs of them
/// instead. x (features x samples), at least 1 sample.
ValueMoments measure_values(const Network& network, NodeId node, ConstMatrixView x,
                            Index groups = 128);
/// Of the network's input.
ValueMoments measure_input(const Network& network, ConstMatrixView x, Index groups = 128);

struct MeasuredNode {
  NodeId node = 0;
  ValueMoments moments;
};

/// Predictions for one layer; `pre` is the activation's input, `act` its output.
struct LayerPrediction {
  std::string name;
  std::optional<double> pre_second_moment;
  std::optional<double> pre_variance;
  std::optional<double> act_second_moment;
  std::optional<double> act_variance;
  std::optional<double> chi;         // factor of gradients' squared norm across this layer
  std::optional<double> pre_cosine;  // of two samples
  std::optional<double> act_cosine;
  std::optional<double> pre_gap;  // 1 - pre_cosine, with its digits
  std::optional<double> act_gap;
  std::optional<double> dead_fraction;  // units of a rectifier that are 0 for the whole batch
  std::optional<double> delta_share;    // ||dl/dz||^2 over that of the last layer
  std::optional<double> delta_ratio;    // ||dl/dz||^2 over that of the next layer
  /// Relative variance of the second moments over draws of the weights, for one sample: the square
  /// of the tolerance of one network.
  double pre_spread = 0;
  double act_spread = 0;
  /// How much, as a share, finite width may shift its moments: 1 / n of the units that the layer
  /// reads (0: the network's input), and of the independent values that a norm brings to variance
  /// 1, which are no normal ones for few.
  double width_bias = 0;
  /// The same of what the layer's batch norm divides squared gradients by: a variance of few units'
  /// sums differs from unit to unit in ways that theory follows for normal weights on the input of
  /// a dense layer alone.
  double divisor_bias = 0;
  std::string reason;           // why forward values are empty
  std::string delta_reason;     // why delta_share or delta_ratio is empty
  bool measured_start = false;  // rests on moments measured at a later node than the input
};

/// What arrives at the last layer: of what it reads, before pooling.
struct ArrivalPrediction {
  std::optional<double> second_moment;
  /// The same where the first norm sets lengths anew (theory/weight_scale.h); empty without one.
  std::optional<double> normed_second_moment;
  /// Of what layers behind the first read, before pooling, and of the output, as far as it is
  /// known.
  double largest_second_moment = 0;
  std::optional<double> gap;  // as LayerPrediction's
  /// ||dl/dz||^2 of the first layer over ||dl/dx||^2 here, x what is read; empty when the first
  /// layer stands in a residual branch.
  std::optional<double> first_gradient;
};

struct NetworkPrediction {
  std::vector<LayerPrediction> layers;  // parallel to network.layers()
  ArrivalPrediction arrival;
  /// Product of 1 + v / n over layers with an activation: E[M^2] / E[M]^2 of a chain of equal
  /// lengths (v = 5 for relu, 2 for linear).
  std::optional<double> finite_width_factor;
  /// Chance that some rectifier layer is 0 at every unit, for a given input.
  std::optional<double> dead_input_probability;
  /// Squared singular values of d output / d input: their mean, and variance over squared mean.
  std::optional<double> jacobian_mean;
  std::optional<double> jacobian_relative_variance;
  std::string jacobian_reason;
};

/// `laws` is parallel to network.layers().
NetworkPrediction predict(const Network& network, std::span<const LayerLaw> laws,
                          const ValueMoments& input, std::span<const MeasuredNode> measured = {});

}  // namespace initbench
