/// The rows of the scheme table by family; `scheme_table` joins them. A new scheme is a row in one
/// of these (or a new family here and in scheme_table.cpp).
#pragma once

#include <vector>

#include "init/scheme.h"

namespace initbench {

/// The largest |value|, standard deviation or gain that a row accepts: far beyond any use, and far
/// enough from float's 3e38 that no draw overflows.
inline constexpr double kLargest = 1e6;

/// No randomness: zeros, ones, constant, eye, dirac.
std::vector<Scheme> constant_rows();
/// A distribution given directly: uniform, normal, trunc_normal, sparse.
std::vector<Scheme> distribution_rows();
/// Mean 0 and a variance from the fans: xavier, kaiming, lecun, variance_scaling, framework
/// defaults.
std::vector<Scheme> fan_rows();
/// Matrices with orthonormal rows or columns.
std::vector<Scheme> orthogonal_rows();

}  // namespace initbench
