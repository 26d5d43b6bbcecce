/// How far the signal gets: the values that travel from the data to the output, and the gradients
/// that travel back.
///
/// A point of the path is what a layer reads. Inside residual branches there are none: a branch may
/// be silent at initialization on purpose (Fixup, ReZero, zero-last) while its shortcut carries the
/// signal. What pooling does to lengths is taken out, forwards and backwards: a global average of
/// n positions would pass for an attenuation by sqrt(n).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {

struct SignalPoint {
  std::string layer;                    // that reads it
  double second_moment = 0;             // over features and samples
  bool is_normed = false;               // behind a norm, which set lengths anew
  std::optional<double> gap;            // 1 - mean cosine of two samples, before pooling
  std::optional<double> gradient_norm;  // sqrt of the mean over samples of ||dl_i/dx||^2; empty for
                                        // the data
};

struct SignalPath {
  std::vector<SignalPoint> points;  // from the data to what the last layer reads
  /// sqrt of the mean over samples of ||dl_i/dz||^2 at the first layer; empty when that stands in a
  /// residual branch.
  std::optional<double> first_delta_norm;
};

/// After forward and backward.
SignalPath signal_path(const Network& network, const Tape& tape);

/// The `alignment` (probe/similarity.h) of what the last layer reads, before pooling, with the
/// data: how much of which samples are alike gets there; 0 when all are the same there. Empty when
/// the data's samples are.
std::optional<double> data_alignment(const Network& network, const Tape& tape);

}  // namespace initbench
