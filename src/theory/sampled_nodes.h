/// Which nodes of a network are described by a sample of units (theory/unit_sample.h).
#pragma once

#include <vector>

#include "nn/network.h"

namespace initbench {

/// Those that an activation reads and that are not normal, and what these are made of, as far as it
/// is known.
class SampledNodes {
 public:
  explicit SampledNodes(const Network& network);

  bool contains(NodeId id) const { return sampled_[static_cast<std::size_t>(id)] != 0; }

 private:
  bool is_normal(const Node& node) const;
  void mark(NodeId id);

  const Network& network_;
  std::vector<char> normal_;
  std::vector<char> sampled_;
};

}  // namespace initbench
