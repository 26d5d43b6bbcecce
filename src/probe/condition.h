/// What can be wrong with a network, and the table of it.
#pragma once

#include <span>
#include <string_view>

namespace initbench {

/// The worst first: what keeps anything from being learned, then causes before what follows from
/// them.
enum class Condition {
  symmetric,
  dead_units,
  chaotic,
  saturated,
  exploding_activations,
  vanishing_activations,
  exploding_gradients,
  vanishing_gradients,
  rank_collapse,
  diverged,
  stalled
};

struct ConditionRow {
  Condition condition;
  std::string_view name;
  std::string_view figure;   // what is measured against the threshold
  std::string_view meaning;  // why it matters
};

/// The name of no condition at all.
inline constexpr std::string_view kHealthy = "healthy";

const ConditionRow& condition_row(Condition condition);
/// The row with this name, or nullptr.
const ConditionRow* find_condition(std::string_view name);

}  // namespace initbench
