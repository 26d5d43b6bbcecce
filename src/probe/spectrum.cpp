#include "probe/spectrum.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/random.h"
#include "nn/tape.h"

namespace initbench {
namespace {

/// v (outputs x probes): the identity, or normal entries.
Matrix probe_vectors(Index outputs, bool exact, std::uint64_t seed) {
  if (exact) return Matrix::Identity(outputs, outputs);
  Matrix vectors(outputs, kProbes);
  Rng rng({.seed = seed, .purpose = Purpose::probe, .name = "spectrum", .tensor = "v"});
  for (Scalar& entry : vectors.reshaped()) entry = static_cast<Scalar>(rng.normal());
  return vectors;
}

/// d (v . output) / d what the layer's linear map reads (features x probes), which backward leaves
/// out for the data.
Matrix gradient_by_data(const Network& network, const Tape& tape, const Layer& layer) {
  const ConstMatrixView by_linear = tape.gradient(layer.linear);
  const ConstVectorView weight = network.values_of(layer.weight);
  Matrix gradient(network.node(0).shape.features(), tape.batch());
  if (const auto* dense = std::get_if<DenseOp>(&network.node(layer.linear).operation)) {
    // PyTorch's row-major (outputs, inputs), read column by column, is W^T.
    gradient.noalias() = ConstMatrixView(weight.data(), dense->inputs, dense->outputs) * by_linear;
    return gradient;
  }
  const auto& convolution = std::get<ConvolutionOp>(network.node(layer.linear).operation);
  ConvolutionWorkspace workspace;
  convolution_backward_data(convolution.geometry, weight, by_linear,
                            MatrixView(gradient.data(), gradient.rows(), gradient.cols()),
                            Accumulate::no, workspace);
  return gradient;
}

/// J^T v by what the layer reads, before a parametrization's factor.
Eigen::MatrixXd products(const Network& network, const Tape& tape, const Layer& layer) {
  if (layer.input == 0) return gradient_by_data(network, tape, layer).cast<double>();
  Eigen::MatrixXd gradient = tape.gradient(layer.input).cast<double>();
  for (NodeId id = layer.input;; id = network.node(id).input) {
    const Operation& operation = network.node(id).operation;
    if (const auto* scale = std::get_if<ScaleOp>(&operation)) {
      gradient *= scale->factor;
    } else if (!std::holds_alternative<ShiftOp>(operation)) {
      return gradient;
    }
  }
}

/// Adds one sample's share to the layer's means.
void add_exact(const Eigen::MatrixXd& transposed, double share, LayerSpectrum& spectrum) {
  const Eigen::MatrixXd gram = transposed.rows() < transposed.cols()
                                   ? Eigen::MatrixXd(transposed * transposed.transpose())
                                   : Eigen::MatrixXd(transposed.transpose() * transposed);
  const Eigen::VectorXd squares =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues();
  const auto inputs = static_cast<double>(transposed.rows());
  const double mean = squares.sum() / inputs;
  const double absent = inputs - static_cast<double>(squares.size());  // zeros of a wide Jacobian
  const double deviations = (squares.array() - mean).square().sum() + absent * mean * mean;
  spectrum.mean += share * mean;
  spectrum.variance += share * deviations / inputs;
  spectrum.largest = std::max(spectrum.largest.value_or(squares.maxCoeff()), squares.maxCoeff());
  const double smallest = std::max(squares.minCoeff(), 0.0);  // rounding may leave it below
  spectrum.smallest = std::min(spectrum.smallest.value_or(smallest), smallest);
}

void add_estimate(const Eigen::MatrixXd& products, double share, LayerSpectrum& spectrum) {
  const auto inputs = static_cast<double>(products.rows());
  const auto probes = static_cast<double>(products.cols());
  const Eigen::MatrixXd gram = products.transpose() * products;
  const double of_pairs = gram.squaredNorm() - gram.diagonal().squaredNorm();
  const double mean = gram.trace() / probes / inputs;
  const double mean_of_fourth = of_pairs / (probes * (probes - 1)) / inputs;
  spectrum.mean += share * mean;
  spectrum.variance += share * (mean_of_fourth - mean * mean);
}

}  // namespace

bool has_jacobian(const Network& network) {
  return std::none_of(network.nodes().begin(), network.nodes().end(), [](const Node& node) {
    return std::holds_alternative<BatchNormOp>(node.operation);
  });
}

std::vector<LayerSpectrum> jacobian_spectra(const Network& network, ConstMatrixView samples,
                                            std::uint64_t seed) {
  expects(has_jacobian(network) && samples.cols() > 0, "samples of a network without batch norms");
  const Index outputs = network.node(network.output()).shape.features();
  const bool exact = outputs <= kExactOutputs;
  const Matrix vectors = probe_vectors(outputs, exact, seed);
  Tape tape(network, vectors.cols());
  tape.set_batch(vectors.cols());
  Vector gradient;
  std::vector<LayerSpectrum> spectra;
  const double share = 1 / static_cast<double>(samples.cols());
  for (Index sample = 0; sample < samples.cols(); ++sample) {
    tape.value(0).colwise() = samples.col(sample);
    forward(network, {.mode = Mode::calibrate}, tape);
    tape.gradient(network.output()) = vectors;
    backward(network, tape, gradient);
    std::size_t place = 0;
    for (const Layer& layer : network.layers()) {
      if (!is_on_path(layer)) continue;
      const Eigen::MatrixXd transposed = products(network, tape, layer);
      if (sample == 0) {
        spectra.push_back(
            {.layer = layer.name, .inputs = transposed.rows(), .outputs = outputs, .exact = exact});
      }
      LayerSpectrum& spectrum = spectra[place++];
      exact ? add_exact(transposed, share, spectrum) : add_estimate(transposed, share, spectrum);
    }
  }
  return spectra;
}

}  // namespace initbench
