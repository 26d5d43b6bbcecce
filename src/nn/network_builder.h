/// Turns the description of a network into its graph: appends layer after layer, checks that they
/// chain.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/errors.h"
#include "nn/network.h"

namespace initbench {

/// More features or weights than this cannot be meant, and their products must not overflow.
inline constexpr Index kLargestTensor = Index{1} << 33;

class NetworkBuilder {
 public:
  NetworkBuilder(const Shape& input, Index outputs);

  /// Appends a layer; after one that does not fit, the later ones are ignored.
  void add(const LayerSpec& layer);

  /// Throws ConfigError with what was refused.
  Network finish();

 private:
  /// What a linear map has in common with another: where it stands and what follows it.
  struct Linear {
    std::string type;
    LayerRole role;
    bool bias;
    Norm norm;
    Activation activation;
    Parametrization parametrization;
    Fans fans;
    std::vector<Index> weight_dims;
    Index groups;
  };

  void append_layer(const LayerSpec& layer, const DenseSpec& spec);
  void append_layer(const LayerSpec& layer, const Conv2dSpec& spec);
  std::optional<ConvolutionGeometry> convolution_geometry(const LayerSpec& layer,
                                                          const Conv2dSpec& spec);
  void append_layer(const LayerSpec& layer, const PoolSpec& spec);
  void append_layer(const LayerSpec& layer, const GlobalAveragePoolSpec& spec);
  void append_layer(const LayerSpec& layer, const DropoutSpec& spec);
  void append_layer(const LayerSpec& layer, const ActivationSpec& spec);
  void append_layer(const LayerSpec& layer, const ResidualSpec& spec);

  /// The shortcut's last node for a branch that ends in `branch`; empty after an issue.
  std::optional<NodeId> append_shortcut(const LayerSpec& layer, const ResidualSpec& spec,
                                        NodeId entry, NodeId branch);
  void append_projection(const std::string& name, NodeId entry, const Shape& target,
                         std::array<Index, 2> stride, const Parametrization& how);

  /// The linear map's parameters and layer record; the operation is appended by the caller.
  std::size_t add_linear_parameters(const std::string& name, const Linear& linear);
  void finish_linear(std::size_t layer_index, const Linear& linear);
  void append_norm(const std::string& layer, Norm norm);
  void append_activation(const std::string& layer, const Activation& activation);
  void append_shift(const std::string& layer, const std::string& tensor);
  /// What a parametrization and a block's scalar biases put between the linear map and its input.
  void append_input_parametrization(const std::string& layer, const Parametrization& how);

  ParameterId add_parameter(const std::string& layer, const std::string& tensor, ParameterRole role,
                            std::vector<Index> dims, double start);
  void append(Operation operation, const Shape& shape);
  /// Parameters and running statistics at their start.
  void fill_starts();
  /// Each node's last reader: it writes that node's gradient first.
  void link_readers();
  /// The branch of a residual block: the layers from this index on.
  void place_in_branch(std::size_t first_layer);
  /// What each layer's position says about the whole network.
  void link_positions();
  /// Notes an issue; what follows it is ignored.
  void refuse(const LayerSpec& layer, const std::string& message);
  bool needs_image(const LayerSpec& layer, const std::string& what);
  const Shape& shape() const { return network_.node(last_).shape; }

  Network network_;
  Index outputs_;
  NodeId last_ = 0;
  std::string owner_;           // name of the layer that is being appended
  bool scalar_biases_ = false;  // of the block whose branch is being appended
  Index running_size_ = 0;
  Index blocks_ = 0;
  std::vector<double> starts_;  // initial value of each parameter's entries
  std::vector<ConfigIssue> issues_;
  bool broken_ = false;
};

}  // namespace initbench
