/// Squared singular values of a network's Jacobian, d output / d what a layer reads, at given
/// samples. Of the first layer this is the input-output Jacobian.
///
/// Exact for up to `kExactOutputs` outputs: one backward pass has a row of the Jacobian per sample
/// of its batch. Beyond, unbiased estimates from products J^T v with normal v: the mean of s^2 is
/// E|J^T v|^2 / n, that of s^4 is E (J^T v . J^T v')^2 / n for independent v, v', which needs no
/// product with J. n is the number of inputs: zeros of a wide Jacobian count, as in theory.
/// Dropout is off. Batch norms couple samples, so that no sample has a Jacobian of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/network.h"

namespace initbench {

inline constexpr Index kExactOutputs = 512;
inline constexpr Index kProbes = 64;

struct LayerSpectrum {
  std::string layer;  // that reads what the Jacobian is by
  Index inputs = 0;
  Index outputs = 0;
  bool exact = true;
  double mean = 0;                          // of squared singular values, mean over samples
  double variance = 0;                      // of the same
  std::optional<double> largest, smallest;  // over samples, of the min(inputs, outputs) largest;
                                            // empty for estimates
};

/// False with batch norms.
bool has_jacobian(const Network& network);

/// One entry per layer that stands in no residual branch or begins one. `samples` (features x at
/// least 1); `seed` draws the probes. Requires `has_jacobian`.
std::vector<LayerSpectrum> jacobian_spectra(const Network& network, ConstMatrixView samples,
                                            std::uint64_t seed);

}  // namespace initbench
