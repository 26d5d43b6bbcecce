/// THE table of initialization schemes.
///
/// A scheme is one row: names, documentation, parameters, which tensors it fits, and the function
/// that fills a tensor. The config reader, the JSON Schema, `initbench list`, the README table and
/// the parameterised tests are loops over the table; a new scheme is a fill function and a row.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/types.h"
#include "nn/activation.h"
#include "nn/network.h"

namespace initbench {

enum class SchemeClass { plain, architecture_aware, data_dependent, optimization_based };

/// A parameter's value: a number, or a word ("fan_in", "relu") or text (a file's name).
using ArgumentValue = std::variant<double, std::string>;

/// One parameter of a scheme, with what a reader, a form or a schema needs.
struct SchemeParameter {
  std::string_view name;
  std::string_view summary;
  ArgumentValue default_value;
  std::optional<double> minimum = {};  // of a number
  std::optional<double> maximum = {};
  bool exclusive_minimum = false;
  bool integer = false;
  std::vector<std::string_view> choices = {};  // words it may be; empty: numbers only
  bool number_allowed = true;                  // false: one of the choices only
  bool text = false;                           // any text, not one of `choices`
  bool required = false;                       // has no default that could serve
  bool names_activation = false;  // its words are activations, whose aliases are understood too
  std::vector<std::string_view> aliases = {};  // other libraries' spellings of the name
};

/// The weights that a scheme's definition covers: all, a dense layer's matrix (out, in) only, or a
/// convolution's kernel (out, in / groups, height, width) only.
enum class WeightShape { any, matrix, kernel };

/// A tensor that was read from a file, in PyTorch's layout.
struct StoredTensor {
  std::vector<Index> dims;
  std::vector<Scalar> values;
};
/// By PyTorch's names, and files by the path that a scheme's parameter gives.
using WeightFile = std::map<std::string, StoredTensor, std::less<>>;
using WeightFiles = std::map<std::string, WeightFile, std::less<>>;

/// Where a tensor stands and what it is: everything that a fill may depend on besides its
/// parameters.
struct TensorContext {
  const Parameter& parameter;  // dims in PyTorch's order, fans, groups, role
  Activation activation;       // the layer's own
  LayerPosition position = {};
  Shape input = {};  // of what the layer reads: a dense layer may flatten an image
  const WeightFiles* files = nullptr;
};

/// Factors of the learning rate of one tensor (muP). Adaptive: Adam, AdamW, RMSprop.
struct RateFactors {
  double sgd = 1;
  double adaptive = 1;
};

struct Scheme;
struct Calibration;

/// A scheme with a value for each of its parameters (defaults filled in), in the row's order.
struct InitChoice {
  const Scheme* scheme = nullptr;
  std::vector<ArgumentValue> arguments;

  double number(std::string_view parameter) const;
  const std::string& word(std::string_view parameter) const;
  const ArgumentValue& argument(std::string_view parameter) const;
  bool operator==(const InitChoice&) const = default;
};

struct Scheme {
  std::string_view name;
  std::vector<std::string_view> aliases = {};  // exactly the same meaning, other spelling
  SchemeClass scheme_class = SchemeClass::plain;
  std::string_view summary;  // one line
  std::string_view formula;
  std::string_view source;  // paper or library function
  std::vector<SchemeParameter> parameters = {};
  bool for_weights = true;
  bool for_biases = false;
  /// The scheme has a law of biases of its own, which serves a layer whose `bias_init` nobody gave;
  /// otherwise such biases are zeros. Implies `for_biases`.
  bool brings_biases = false;
  WeightShape weight_shape = WeightShape::any;
  std::string_view instead = {};  // schemes for the weights that `weight_shape` excludes
  /// Why these arguments do not go together, or empty. Each alone is already in its range.
  std::string (*conflict)(const InitChoice& choice) = nullptr;
  /// Why the scheme cannot serve this tensor and what would work, or empty: what role and
  /// `weight_shape` do not already say. Ask `misfit_of`, which joins all three.
  std::string (*misfit)(const InitChoice& choice, const TensorContext& context) = nullptr;
  /// Fills `values` (context.parameter.size entries, PyTorch's order) with finite numbers.
  void (*fill)(const InitChoice& choice, const TensorContext& context, Rng& rng,
               std::span<Scalar> values) = nullptr;
  /// Var(w) of one entry, if all entries have mean 0 and this variance and are uncorrelated; else
  /// empty. For theory.
  std::optional<double> (*variance)(const InitChoice& choice,
                                    const TensorContext& context) = nullptr;
  /// The same of the entries at a kernel's centre (k - 1) / 2, if all others are 0. For theory.
  std::optional<double> (*centre_variance)(const InitChoice& choice,
                                           const TensorContext& context) = nullptr;
  /// Whether entries are independent and normal (not truncated). For theory.
  bool (*gaussian)(const InitChoice& choice) = nullptr;
  bool orthogonal = false;   // rows or columns are orthonormal up to a factor. For theory.
  bool reads_files = false;  // takes tensors from files; `file_choice` says which
  /// Changes how the layer's parameters enter its linear map. `weight`: of the layer's weight.
  void (*parametrize)(const InitChoice& choice, const TensorContext& weight,
                      Parametrization& how) = nullptr;
  /// Changes the residual block in whose branch the layer stands: its factor, its scalar biases.
  void (*shape_block)(const InitChoice& choice, const LayerPosition& position,
                      ResidualSpec& block) = nullptr;
  /// What a user should know of the layers that have this choice, or empty; for `run.json`.
  std::string (*remark)(const InitChoice& choice, std::span<const Layer* const> layers) = nullptr;
  RateFactors (*rate_factors)(const InitChoice& choice, const TensorContext& context) = nullptr;
  /// Adjusts one layer's tensors after every tensor of the network is filled; layers come in the
  /// network's order, so that each sees its input as it will be.
  void (*calibrate_layer)(const InitChoice& choice, Calibration& calibration) = nullptr;
  /// Adjusts all layers of this very choice together, after every `calibrate_layer`.
  void (*calibrate_network)(const InitChoice& choice, Calibration& calibration) = nullptr;
};

std::span<const Scheme> scheme_table();
/// The row with this name or alias, or nullptr.
const Scheme* find_scheme(std::string_view name);
/// Why the scheme cannot serve this tensor and what would work, or empty.
std::string misfit_of(const InitChoice& choice, const TensorContext& context);
/// The scheme with its defaults. Throws ConfigError for an unknown name, with a suggestion.
InitChoice choose(std::string_view scheme);
/// The same with some arguments given. Throws ConfigError naming parameter, range or choices.
struct NamedArgument {
  std::string name;
  ArgumentValue value;
};
InitChoice choose(std::string_view scheme, std::span<const NamedArgument> arguments);
/// What is wrong with one argument of the scheme, or empty. The parameter exists.
std::string problem_of(const Scheme& scheme, const NamedArgument& argument);

}  // namespace initbench
