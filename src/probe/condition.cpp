#include "probe/condition.h"

#include <array>

namespace initbench {
namespace {

constexpr std::array kConditions{
    ConditionRow{Condition::symmetric, "symmetric",
                 "share of units that are copies of another in weights, bias and gradients",
                 "copies stay copies: the layer learns as if it had one unit of each kind"},
    ConditionRow{Condition::dead_units, "dead_units",
                 "share of units that are zero for every sample of the batch",
                 "no gradient passes a unit that is zero, so that it cannot come back"},
    ConditionRow{Condition::chaotic, "chaotic",
                 "growth of a relative difference between two inputs",
                 "inputs that are alike end up unrelated: nothing generalizes, gradients explode"},
    ConditionRow{Condition::saturated, "saturated",
                 "share of activations in the outer 3 % of their range",
                 "saturated units are flat: hardly any gradient passes them"},
    ConditionRow{Condition::exploding_activations, "exploding_activations",
                 "rms of the signal over that of the data",
                 "the first updates are as much too large, and training diverges"},
    ConditionRow{Condition::vanishing_activations, "vanishing_activations",
                 "rms of the signal over that of the data",
                 "the output hardly depends on the input, and gradients are as much too small"},
    ConditionRow{Condition::exploding_gradients, "exploding_gradients",
                 "gradient norm per sample over that at the last layer",
                 "no learning rate fits the first and the last layers at once"},
    ConditionRow{Condition::vanishing_gradients, "vanishing_gradients",
                 "gradient norm per sample over that at the last layer",
                 "the first layers hardly learn"},
    ConditionRow{Condition::rank_collapse, "rank_collapse",
                 "1 - cosine of two samples over that of the data",
                 "all inputs look alike to the last layer"},
    ConditionRow{Condition::diverged, "diverged", "loss over that of guessing",
                 "the updates are too large for this network"},
    ConditionRow{
        Condition::stalled, "stalled", "loss over that of guessing",
        "nothing was learned beyond the targets' frequencies, or the data hold nothing more"},
};

}  // namespace

const ConditionRow& condition_row(Condition condition) {
  return kConditions.at(static_cast<std::size_t>(condition));
}

const ConditionRow* find_condition(std::string_view name) {
  for (const ConditionRow& row : kConditions) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace initbench
