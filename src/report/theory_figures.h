/// What theory says of a whole network, as `run.json` tells it under `theory`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "experiment/theory_check.h"
#include "nn/network.h"

namespace initbench {

/// Empty: unknown, and then a reason says why.
struct TheoryFigures {
  std::string repeated_layer;  // the first of those that the network mostly consists of; or none
  std::string lengths;         // where layers like it lead lengths, in words
  std::optional<double> sigma_w2, sigma_b2;
  std::optional<double> q_star, chi_1, c_star;
  std::optional<double> xi_q, xi_c, xi_gradient, trainable_depth;
  std::optional<double> finite_width_factor, dead_input_probability;
  std::optional<double> jacobian_mean, jacobian_variance;  // of squared singular values
  std::string limit_reason, jacobian_reason;
  bool operator==(const TheoryFigures&) const = default;
};

TheoryFigures theory_figures(const Network& network, const NetworkPrediction& prediction,
                             const DeepLimit& limit);

nlohmann::ordered_json to_json(const TheoryFigures& figures);
TheoryFigures read_theory_figures(const nlohmann::ordered_json& json);

/// Where lengths go under many layers like the repeated one.
std::string length_text(const Phase& phase);

}  // namespace initbench
