/// From measured statistics to findings: what is wrong with a network, where, and by how much.
///
/// Gradients are judged per sample and as they travel back, not by weight gradients: in a uniformly
/// mis-scaled ReLU network those are equal in all layers, however small (Glorot & Bengio 2010, eq.
/// 14). A length that narrow layers explain by chance alone is no finding (Hanin & Rolnick 2018).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "probe/condition.h"
#include "probe/snapshot.h"
#include "probe/thresholds.h"

namespace initbench {

struct Finding {
  Condition condition = Condition::stalled;
  std::string layer;  // where it begins; empty: the whole network
  std::int64_t step = 0;
  double value = 0;
  double threshold = 0;
};

/// What is wrong with a network as it stands, the worst first; empty: nothing.
std::vector<Finding> diagnose(const Snapshot& snapshot, const Thresholds& thresholds);

}  // namespace initbench
