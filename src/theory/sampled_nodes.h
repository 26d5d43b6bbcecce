/// Which nodes of a network are described by a sample of units (theory/unit_sample.h).
#pragma once

#include <span>
#include <vector>

#include "nn/network.h"
#include "theory/graph_moments.h"

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

/// Draws the samples of a node that they describe, from those of the nodes that it reads. `states`
/// are those of the nodes up to it.
void add_samples(const Network& network, NodeId id, std::span<NodeState> states);

}  // namespace initbench
