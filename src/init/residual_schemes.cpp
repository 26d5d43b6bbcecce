/// Schemes of independent normal weights whose variance depends on where a layer stands: in a
/// residual branch, at its end, at the network's.
#include <cmath>

#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

bool ends_branch(const LayerPosition& position) {
  return position.branch_layers > 0 && position.branch_index + 1 == position.branch_layers;
}

std::string without_blocks(const InitChoice& choice, const LayerPosition& position) {
  if (position.blocks > 0) return "";
  return std::string(choice.scheme->name) +
         " is for networks with residual layers, and this one has none; for plain ones use "
         "kaiming_normal or orthogonal";
}

std::string residual_misfit(const InitChoice& choice, const TensorContext& context) {
  const std::string reason = without_blocks(choice, context.position);
  return reason.empty() ? own_gain_misfit(choice, context) : reason;
}

// fixup

/// m - 1 of a branch's m layers share the factor 1/sqrt(L) of one update: L^(-1 / (2m - 2)) each.
std::optional<double> fixup_variance(const InitChoice& choice, const TensorContext& context) {
  const LayerPosition& position = context.position;
  if (position.is_last || ends_branch(position)) return 0.0;
  const double fan = choice.word("mode") == "fan_out" ? fan_out(context) : fan_in(context);
  const std::optional<double> gain = own_gain(choice, context);
  if (!gain) return std::nullopt;
  const double standard = *gain * *gain / fan;
  if (position.branch_layers == 0) return standard;
  const auto blocks = static_cast<double>(position.blocks);
  const auto others = static_cast<double>(position.branch_layers - 1);
  return standard * to_ten_digits(std::pow(blocks, -1 / others));
}

void fixup_block(const InitChoice&, const LayerPosition&, ResidualSpec& block) {
  block.learned_scale = true;  // starts at 1
  block.scalar_biases = true;
}

// rezero, depth_scaled_residual

void rezero_block(const InitChoice& choice, const LayerPosition&, ResidualSpec& block) {
  block.scale = choice.number("alpha");
  block.learned_scale = true;
}

void depth_scaled_block(const InitChoice&, const LayerPosition& position, ResidualSpec& block) {
  block.scale = 1 / std::sqrt(static_cast<double>(position.blocks));
}

// gpt2

std::string gpt2_misfit(const InitChoice& choice, const TensorContext& context) {
  return without_blocks(choice, context.position);
}

std::optional<double> gpt2_variance(const InitChoice& choice, const TensorContext& context) {
  const double variance = choice.number("std") * choice.number("std");
  if (!ends_branch(context.position)) return variance;
  return variance / static_cast<double>(context.position.blocks);
}

// zero_last

std::optional<double> zero_last_variance(const InitChoice& choice, const TensorContext& context) {
  const bool branches = choice.word("where") == "output_and_branches";
  if (context.position.is_last || (branches && ends_branch(context.position))) return 0.0;
  return gain_variance(choice, context);
}

// hanin_rolnick

/// The sum over hidden layers of 1 / width: activations' lengths fluctuate like its exponential.
std::string width_remark(const InitChoice&, std::span<const Layer* const> layers) {
  double sum = 0;
  for (const Layer* layer : layers) {
    if (!layer->position.is_last) sum += 1 / static_cast<double>(layer->fans.out);
  }
  return "hanin_rolnick: the hidden layers' sum of 1/fan_out is " +
         number_text(to_ten_digits(sum)) +
         "; lengths of activations fluctuate from network to network like exp of a few times this "
         "sum, so keep it well below 1 (equal widths are best for a given number of units)";
}

SchemeParameter fan_mode() {
  return {.name = "mode",
          .summary = "the fan of He's rule; the authors' code divides by fan_out",
          .default_value = "fan_in",
          .choices = {"fan_in", "fan_out"},
          .number_allowed = false};
}

std::vector<Scheme> block_rows() {
  const SchemeParameter alpha{.name = "alpha",
                              .summary = "start of the learned factor of each residual branch",
                              .default_value = 0.0,
                              .minimum = -kLargest,
                              .maximum = kLargest};
  return {
      {.name = "fixup",
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "Residual networks without norms: branches start at 0 and move little in one "
                  "update; each branch gets a learned factor from 1 and learned scalar biases from "
                  "0 before its linear maps and activations, instead of biases per unit",
       .formula = "w ~ N(0, gain^2 / fan), times blocks^(-1 / (2m - 2)) in a branch of m layers; 0 "
                  "in each branch's last and in the output layer",
       .source = "Zhang, Dauphin & Ma 2019, arXiv:1901.09321",
       .parameters = {gain_parameter("auto"), fan_mode()},
       .misfit = residual_misfit,
       .fill = fill_normal_by_variance,
       .variance = fixup_variance,
       .gaussian = always_gaussian,
       .shape_block = fixup_block},
      {.name = "rezero",
       .aliases = {"skipinit"},
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "Each residual branch gets a learned factor that starts at 0, so that blocks "
                  "start as their shortcuts",
       .formula = "x + alpha F(x), alpha = 0; w ~ N(0, gain^2 / fan_in)",
       .source = "Bachlechner et al. 2020, arXiv:2003.04887; SkipInit: De & Smith 2020, "
                 "arXiv:2002.10444",
       .parameters = {alpha, gain_parameter("auto")},
       .misfit = residual_misfit,
       .fill = fill_normal_by_variance,
       .variance = gain_variance,
       .gaussian = always_gaussian,
       .shape_block = rezero_block},
      {.name = "depth_scaled_residual",
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "Each residual branch is multiplied by 1 / sqrt(number of blocks), so that the "
                  "second moment grows to at most e times its start",
       .formula = "x + F(x) / sqrt(blocks); w ~ N(0, gain^2 / fan_in)",
       .source =
           "Taki 2017, arXiv:1709.02956, who divides the variance of a branch's weights by the "
           "number of blocks; that branches must shrink with depth: Hanin & Rolnick 2018, "
           "arXiv:1803.01719; the bound e: (1 + 1 / blocks)^blocks",
       .parameters = {gain_parameter("auto")},
       .misfit = residual_misfit,
       .fill = fill_normal_by_variance,
       .variance = gain_variance,
       .gaussian = always_gaussian,
       .shape_block = depth_scaled_block},
      {.name = "gpt2",
       .aliases = {"residual_scaled"},
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "One standard deviation for all weights; the last layer of each residual branch "
                  "is divided by the root of the number of residual sums",
       .formula = "w ~ N(0, std^2), at the end of a branch N(0, std^2 / blocks)",
       .source = "Radford et al. 2019, section 2.3; std of the public GPT-2 code",
       .parameters = {{.name = "std",
                       .summary = "standard deviation",
                       .default_value = 0.02,
                       .minimum = 0,
                       .maximum = kLargest}},
       .misfit = gpt2_misfit,
       .fill = fill_normal_by_variance,
       .variance = gpt2_variance,
       .gaussian = always_gaussian},
  };
}

std::vector<Scheme> depth_rows() {
  return {
      {.name = "hanin_rolnick",
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "He's normal weights with biases 0, and the advice on widths that keeps lengths "
                  "from fluctuating: the sum of 1 / width, noted in run.json",
       .formula = "w ~ N(0, 2 / fan_in)",
       .source = "Hanin & Rolnick 2018, arXiv:1803.01719",
       .fill = fill_normal_by_variance,
       .variance = he_variance,
       .gaussian = always_gaussian,
       .remark = width_remark},
      {.name = "zero_last",
       .scheme_class = SchemeClass::architecture_aware,
       .summary = "The output layer starts at 0, so that the loss starts at ln(classes) and hidden "
                  "layers get no gradient in the first step; other layers are normal",
       .formula = "w = 0 in the output layer, else w ~ N(0, gain^2 / fan_in)",
       .source = "derived: equal logits have the loss ln(classes). Of branches: Goyal et al. 2017, "
                 "arXiv:1706.02677, 5.1, who start each branch's last norm scale at 0",
       .parameters = {gain_parameter("auto"),
                      {.name = "where",
                       .summary = "which layers start at 0: the output layer alone, or the last of "
                                  "each residual branch too",
                       .default_value = "output",
                       .choices = {"output", "output_and_branches"},
                       .number_allowed = false}},
       .misfit = own_gain_misfit,
       .fill = fill_normal_by_variance,
       .variance = zero_last_variance,
       .gaussian = always_gaussian},
  };
}

}  // namespace

std::vector<Scheme> residual_rows() { return joined({block_rows, depth_rows}); }

}  // namespace initbench
