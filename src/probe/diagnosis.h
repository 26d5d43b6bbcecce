/// From measured statistics to findings: what is wrong with a network, where, and by how much.
///
/// Gradients are judged per sample and as they travel back, not by weight gradients: in a uniformly
/// mis-scaled ReLU network those are equal in all layers, however small (Glorot & Bengio 2010, eq.
/// 14). A length that narrow layers explain by chance alone is no finding (Hanin & Rolnick 2018).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probe/condition.h"
#include "probe/reading.h"
#include "probe/snapshot.h"
#include "probe/thresholds.h"

namespace initbench {

/// A condition's figure at one layer.
struct FigureAt {
  std::string layer;
  double value = 0;
};

struct Finding {
  Condition condition = Condition::stalled;
  std::string layer;  // where it begins; empty: the whole network
  std::int64_t step = 0;
  double value = 0;  // the figure there
  double threshold = 0;
  std::optional<FigureAt> worst;  // of a figure that changes on from layer to layer: where it ends
  /// How far the figure may get by the chance of widths alone (width_deviations); empty: chance has
  /// no part in it.
  std::optional<double> chance;
};

struct Diagnosis {
  std::vector<Finding> findings;  // the worst first; empty: nothing is wrong
  std::vector<Reading> readings;  // of every condition that the snapshot can tell of
};
Diagnosis examine(const Snapshot& snapshot, const Thresholds& thresholds);

/// Its findings: what is wrong with a network as it stands.
std::vector<Finding> diagnose(const Snapshot& snapshot, const Thresholds& thresholds);

}  // namespace initbench
