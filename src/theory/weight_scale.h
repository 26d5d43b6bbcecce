/// The factors of one layer's linear map as mean-field theory counts them.
#pragma once

#include <optional>

#include "nn/network.h"
#include "theory/layer_law.h"
#include "theory/mean_field.h"

namespace initbench {

/// sigma_w2 = fan_in Var(w) and sigma_b2 = Var(b), with the factors of a parametrization; empty
/// when the law of either is unknown.
std::optional<WeightScale> weight_scale(const Network& network, const Layer& layer,
                                        const LayerLaw& law);

/// What a parametrization multiplies the layer's input by; else 1.
double input_factor(const Network& network, const Layer& layer);

/// What a residual sum multiplies its branch by.
double residual_scale(const Network& network, const AddOp& add);

/// The node of the norm between the layer's linear map and its activation.
std::optional<NodeId> norm_node(const Network& network, const Layer& layer);

/// What is read behind the first norm outside residual branches: there lengths start anew, whatever
/// those of the data are. Empty without such a norm.
std::optional<NodeId> first_normed(const Network& network);

}  // namespace initbench
