/// The rows of the scheme table by family; `scheme_table` joins them. A new scheme is a row in one
/// of these (or a new family here and in scheme_table.cpp).
#pragma once

#include <initializer_list>
#include <vector>

#include "init/scheme.h"

namespace initbench {

/// The largest |value|, standard deviation or gain that a row accepts: far beyond any use, and far
/// enough from float's 3e38 that no draw overflows.
inline constexpr double kLargest = 1e6;

/// A row's `gaussian` when its draws always are.
inline bool always_gaussian(const InitChoice&) { return true; }

using Family = std::vector<Scheme> (*)();
/// The rows of all families, in their order.
std::vector<Scheme> joined(std::initializer_list<Family> families);

/// No randomness: zeros, ones, constant, eye, identity_scaled, dirac.
std::vector<Scheme> constant_rows();
/// A distribution given directly: uniform, normal, trunc_normal, truncated_normal,
/// sparse, sparse_martens.
std::vector<Scheme> distribution_rows();
/// Mean 0 and a variance from the fans: xavier, kaiming, lecun, variance_scaling,
/// gaussian_mean_field.
std::vector<Scheme> fan_rows();
/// What frameworks do unasked, and the rule of thumb before them: torch_default, keras_default, ...
std::vector<Scheme> framework_rows();
/// Matrices with orthonormal rows or columns.
std::vector<Scheme> orthogonal_rows();
/// Convolutions that keep every image's length: delta_orthogonal, conv_orthogonal.
std::vector<Scheme> kernel_rows();
/// Matrices and kernels built of blocks by a rule: zero (Hadamard), looks_linear.
std::vector<Scheme> structured_rows();
/// Laws made for one activation, or for each unit's incoming weights: siren, rai, random_walk, ...
std::vector<Scheme> special_rows();
/// What depends on depth or residual blocks: fixup, rezero, gpt2, zero_last, ...
std::vector<Scheme> residual_rows();
/// The edge of chaos of the layer's own activation: critical, orthogonal_critical.
std::vector<Scheme> critical_rows();
/// Parametrizations by width: mup, ntk.
std::vector<Scheme> width_rows();
/// What looks at a batch of training data and scales layers: lsuv.
std::vector<Scheme> lsuv_rows();
/// What looks at a batch of training data and standardizes units: weight_norm, krahenbuhl, ...
std::vector<Scheme> per_unit_rows();
/// What optimizes scales of tensors: metainit, gradinit.
std::vector<Scheme> optimization_rows();
/// Weights made elsewhere: load.
std::vector<Scheme> file_rows();

}  // namespace initbench
