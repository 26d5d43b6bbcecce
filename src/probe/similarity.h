/// How alike the samples of a batch look to a layer. On at most 32 of them if not said otherwise:
/// what is asked is whether they collapse, and 496 pairs say that.
#pragma once

#include <optional>

#include "base/types.h"

namespace initbench {

inline constexpr Index kComparedSamples = 32;

/// 1 - the mean cosine between two different samples (columns) of the first `most`, with its digits
/// when they are nearly parallel. Samples that are all zero are left out; empty when fewer than two
/// remain.
std::optional<double> mean_gap(ConstMatrixView samples, Index most = kComparedSamples);

/// The mean cosine itself, in half the time: to 15 digits of 1, not of its distance from 1.
std::optional<double> mean_cosine(ConstMatrixView samples);

/// Of the first 32 samples, in one look at them.
struct Likeness {
  std::optional<double> mean_cosine;
  /// (sum of s^2)^2 / sum of s^4 over the singular values s of the samples as they are, not
  /// centred: 1 when all are parallel, 32 at most. Empty when all are zero.
  std::optional<double> effective_rank;
};
Likeness likeness(ConstMatrixView samples);

/// How far two views of the same samples (columns) agree on which of them are alike: the cosine
/// between their centred matrices of products (Cortes et al. 2012; linear CKA of Kornblith et al.
/// 2019, arXiv:1905.00414), of the first 32 samples. 1: up to rotation and scale. Empty when all
/// samples are the same in one of the two.
std::optional<double> alignment(ConstMatrixView a, ConstMatrixView b);

}  // namespace initbench
