#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "nn/activation.h"
#include "nn/activation_formulas.h"
#include "nn/activation_kernels.h"
#include "nn/gated_formulas.h"

namespace initbench {
namespace {

using Gain = std::optional<double>;

Gain no_gain(double) { return std::nullopt; }
Gain unit_gain(double) { return 1.0; }
Gain relu_gain(double) { return std::sqrt(2.0); }
// fma by name: its bits must not depend on whether the compiler contracts a product and a sum.
Gain leaky_relu_gain(double slope) { return std::sqrt(2.0 / std::fma(slope, slope, 1.0)); }
Gain tanh_gain(double) { return 5.0 / 3.0; }
Gain selu_gain(double) { return 0.75; }

constexpr std::array<double, 1> kAtZero{0};
constexpr std::array<double, 2> kAtZeroAndSix{0, 6};
constexpr std::array<double, 2> kAtOnes{-1, 1};

constexpr std::array<std::string_view, 1> kLinearAliases{"identity"};
constexpr std::array<std::string_view, 1> kGeluTanhAliases{"gelu_approximate"};
constexpr std::array<std::string_view, 1> kSiluAliases{"swish"};
constexpr std::array<std::string_view, 1> kSigmoidAliases{"logistic"};
constexpr std::array<std::string_view, 1> kHardtanhAliases{"hard_tanh"};
constexpr std::array<std::string_view, 1> kSinAliases{"sine"};

/// Completes a row with the functions of one formula.
template <typename Formula>
constexpr ActivationRow row(ActivationRow words) {
  words.value = &value_at<Formula>;
  words.derivative = &derivative_at<Formula>;
  words.forward = &forward_blocks<Formula>;
  words.backward = &backward_blocks<Formula>;
  if (words.torch_gain == nullptr) words.torch_gain = &no_gain;
  return words;
}

// The lower bounds of gelu, gelu_tanh, silu and mish are their minima.
constexpr std::array<ActivationRow, 18> kTable{
    row<formulas::Linear>({.kind = ActivationKind::linear,
                           .name = "linear",
                           .aliases = kLinearAliases,
                           .formula = "z",
                           .torch_gain = &unit_gain,
                           .homogeneous = true,
                           .source = "no activation"}),
    row<formulas::Relu>({.kind = ActivationKind::relu,
                         .name = "relu",
                         .formula = "max(0, z)",
                         .lower = 0,
                         .torch_gain = &relu_gain,
                         .kinks = kAtZero,
                         .homogeneous = true,
                         .rests_at_zero = true,
                         .source = "Nair & Hinton 2010"}),
    row<formulas::LeakyRelu>({.kind = ActivationKind::leaky_relu,
                              .name = "leaky_relu",
                              .formula = "z if z > 0, else a z",
                              .parameter = "a",
                              .default_parameter = 0.01,
                              .torch_gain = &leaky_relu_gain,
                              .kinks = kAtZero,
                              .homogeneous = true,
                              .source = "Maas et al. 2013"}),
    row<formulas::LeakyRelu>({.kind = ActivationKind::prelu,
                              .name = "prelu",
                              .formula = "z if z > 0, else a z; a is learned, one per layer",
                              .parameter = "a",
                              .default_parameter = 0.25,
                              .kinks = kAtZero,
                              .homogeneous = true,
                              .source = "He et al. 2015, arXiv:1502.01852"}),
    row<formulas::Relu6>(
        {.kind = ActivationKind::relu6,
         .name = "relu6",
         .formula = "min(max(0, z), 6)",
         .lower = 0,
         .upper = 6,
         .kinks = kAtZeroAndSix,
         .rests_at_zero = true,
         .source = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10"}),
    row<formulas::Elu>({.kind = ActivationKind::elu,
                        .name = "elu",
                        .formula = "z if z > 0, else alpha (e^z - 1)",
                        .parameter = "alpha",
                        .default_parameter = 1,
                        .lower = -1,
                        .kinks = kAtZero,
                        .width = 2,  // of e^z
                        .ends_as_relu = true,
                        .source = "Clevert et al. 2016, arXiv:1511.07289"}),
    row<formulas::Selu>({.kind = ActivationKind::selu,
                         .name = "selu",
                         .formula = "1.0507 z if z > 0, else 1.7581 (e^z - 1)",
                         .lower = -formulas::Selu::kScale * formulas::Selu::kAlpha,
                         .torch_gain = &selu_gain,
                         .kinks = kAtZero,
                         .width = 2,
                         .ends_as_relu = true,
                         .source = "Klambauer et al. 2017, arXiv:1706.02515"}),
    row<formulas::Gelu>({.kind = ActivationKind::gelu,
                         .name = "gelu",
                         .formula = "z/2 (1 + erf(z / sqrt 2))",
                         .lower = -0.16997120747990369,
                         .width = 1.5,
                         .ends_as_relu = true,
                         .source = "Hendrycks & Gimpel 2016, arXiv:1606.08415"}),
    row<formulas::GeluTanh>({.kind = ActivationKind::gelu_tanh,
                             .name = "gelu_tanh",
                             .aliases = kGeluTanhAliases,
                             .formula = "z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3)))",
                             .lower = -0.17004075057125412,
                             .width = 1.5,
                             .ends_as_relu = true,
                             .source = "Hendrycks & Gimpel 2016, arXiv:1606.08415"}),
    row<formulas::Silu>({.kind = ActivationKind::silu,
                         .name = "silu",
                         .aliases = kSiluAliases,
                         .formula = "z / (1 + e^-z)",
                         .lower = -0.27846454276107380,
                         .width = 2,
                         .ends_as_relu = true,
                         .source = "Elfwing et al. 2018, arXiv:1702.03118"}),
    row<formulas::Mish>({.kind = ActivationKind::mish,
                         .name = "mish",
                         .formula = "z tanh(log(1 + e^z))",
                         .lower = -0.30884341301725366,
                         .width = 1.5,
                         .ends_as_relu = true,
                         .source = "Misra 2020, arXiv:1908.08681"}),
    row<formulas::Tanh>({.kind = ActivationKind::tanh,
                         .name = "tanh",
                         .formula = "tanh z",
                         .lower = -1,
                         .upper = 1,
                         .torch_gain = &tanh_gain,
                         .width = 1,  // poles at i pi / 2
                         .source = "LeCun et al. 1998, Efficient BackProp"}),
    row<formulas::Sigmoid>({.kind = ActivationKind::sigmoid,
                            .name = "sigmoid",
                            .aliases = kSigmoidAliases,
                            .formula = "1 / (1 + e^-z)",
                            .lower = 0,
                            .upper = 1,
                            .torch_gain = &unit_gain,
                            .width = 2,  // poles at i pi
                            .source = "Rumelhart et al. 1986"}),
    row<formulas::Hardtanh>({.kind = ActivationKind::hardtanh,
                             .name = "hardtanh",
                             .aliases = kHardtanhAliases,
                             .formula = "min(max(-1, z), 1)",
                             .lower = -1,
                             .upper = 1,
                             .kinks = kAtOnes,
                             .source = "Collobert 2004, Large scale machine learning"}),
    row<formulas::Softplus>({.kind = ActivationKind::softplus,
                             .name = "softplus",
                             .formula = "log(1 + e^z)",
                             .lower = 0,
                             .width = 2,
                             .ends_as_relu = true,
                             .source = "Dugas et al. 2001"}),
    row<formulas::Softsign>({.kind = ActivationKind::softsign,
                             .name = "softsign",
                             .formula = "z / (1 + |z|)",
                             .lower = -1,
                             .upper = 1,
                             .bends = kAtZero,
                             .width = 2.0 / 3,  // of each half, poles at 1 beyond 0
                             .source = "Bergstra et al. 2009; Glorot & Bengio 2010"}),
    row<formulas::Erf>({.kind = ActivationKind::erf,
                        .name = "erf",
                        .formula = "erf z",
                        .lower = -1,
                        .upper = 1,
                        .width = 0.75,  // phi'^2 = 4 / pi e^(-2 x^2)
                        .source = "Williams 1997, Computing with infinite networks"}),
    row<formulas::Sin>({.kind = ActivationKind::sin,
                        .name = "sin",
                        .aliases = kSinAliases,
                        .formula = "sin(omega z)",
                        .parameter = "omega",
                        .default_parameter = 1,
                        .lower = -1,
                        .upper = 1,
                        .width = 1,
                        .period = 2 * std::numbers::pi,
                        .source = "Sitzmann et al. 2020, arXiv:2006.09661"}),
};

constexpr bool in_order_of_kind() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].kind != static_cast<ActivationKind>(i)) return false;
  }
  return true;
}
static_assert(in_order_of_kind());

}  // namespace

std::span<const ActivationRow> activation_table() { return kTable; }

const ActivationRow& activation_row(ActivationKind kind) {
  return kTable.at(static_cast<std::size_t>(kind));
}

const ActivationRow* find_activation(std::string_view name) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [name](const ActivationRow& row) {
    return row.name == name ||
           std::find(row.aliases.begin(), row.aliases.end(), name) != row.aliases.end();
  });
  return found == kTable.end() ? nullptr : &*found;
}

bool is_bounded(const Activation& activation) {
  const ActivationRow& found = activation_row(activation.kind);
  return found.lower && found.upper;
}

ActivationRange unsaturated_range(const Activation& activation) {
  constexpr double kSaturation = 0.97;  // of the range (Karpathy's makemore)
  const ActivationRow& found = activation_row(activation.kind);
  const double middle = (*found.upper + *found.lower) / 2;
  const double limit = kSaturation * (*found.upper - *found.lower) / 2;
  return {.low = middle - limit, .high = middle + limit};
}

bool is_homogeneous(const Activation& activation) {
  return activation_row(activation.kind).homogeneous;
}

bool is_rectifier(const Activation& activation) {
  return activation_row(activation.kind).rests_at_zero;
}

}  // namespace initbench
