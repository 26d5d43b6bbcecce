/// The description of a network before it knows its input: what a user's config resolves to, and
/// what `Network` is built from. Names are already assigned; numbers are not yet checked against
/// each other.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/types.h"
#include "nn/activation.h"

namespace initbench {

enum class Norm { none, batch, layer };

/// How a linear map's parameters enter: y = weight_scale W x + bias_scale b. Not the same as other
/// initial values: gradients and learning rates change too (NTK, muP).
struct Parametrization {
  double weight_scale = 1;
  double bias_scale = 1;
  bool operator==(const Parametrization&) const = default;
};

/// A linear map (flattening an image), then the norm, then the activation.
struct DenseSpec {
  Index units = 0;  // 0: one per class (or per regression target)
  bool bias = true;
  Norm norm = Norm::none;
  Activation activation;
  Parametrization parametrization;
  bool is_output = false;
};

enum class PaddingMode { same, valid, circular, explicit_amount };

/// same: output = ceil(input / stride), zeros split evenly, the odd one after (TensorFlow; with
/// stride 1 as PyTorch's "same"). circular: the same size, the image wraps. explicit_amount: that
/// many zeros a side.
struct Padding {
  PaddingMode mode = PaddingMode::valid;
  std::array<Index, 2> amount{0, 0};  // height, width; for explicit_amount
};

struct Conv2dSpec {
  Index channels = 0;
  std::array<Index, 2> kernel{1, 1};  // height, width
  std::array<Index, 2> stride{1, 1};
  std::array<Index, 2> dilation{1, 1};
  Padding padding;
  Index groups = 1;
  bool bias = true;
  Norm norm = Norm::none;
  Activation activation;
  Parametrization parametrization;
};

enum class PoolKind { max, average };

struct PoolSpec {
  PoolKind kind = PoolKind::max;
  std::array<Index, 2> size{2, 2};
  std::array<Index, 2> stride{2, 2};
};

struct GlobalAveragePoolSpec {};

struct DropoutSpec {
  double rate = 0.5;  // probability of zeroing; survivors are divided by 1 - rate
};

struct ActivationSpec {
  Activation activation;
};

enum class Shortcut { identity, projection };

struct LayerSpec;

/// out = activation(shortcut(x) + scale * layers(x)). A projection is a 1x1 convolution (its stride
/// brings the image to the branch's size) or a dense map, without bias, named "<name>.shortcut".
struct ResidualSpec {
  std::vector<LayerSpec> layers;
  Shortcut shortcut = Shortcut::identity;
  double scale = 1.0;
  Parametrization shortcut_parametrization;  // of a projection
  bool learned_scale = false;  // a trained scalar "<name>.scale" that starts at `scale`
  Activation activation;
  /// Fixup's: learned scalars that start at 0, "<name>.input_bias" before each linear map and each
  /// activation of the branch, "<name>.output_bias" before a linear map's own activation and the
  /// sum's, instead of biases per unit.
  bool scalar_biases = false;
};

struct LayerSpec {
  std::string name;   // "conv1", "dense3", "output", "residual1.dense1": unique
  std::string place;  // for messages: where the user wrote it, "model.layers.2"
  std::variant<DenseSpec, Conv2dSpec, PoolSpec, GlobalAveragePoolSpec, DropoutSpec, ActivationSpec,
               ResidualSpec>
      kind;
};

using ModelSpec = std::vector<LayerSpec>;

}  // namespace initbench
