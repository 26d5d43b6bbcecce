#include <array>

#include "report/columns.h"

namespace initbench {
namespace {

using Theory = Column<TheoryRow>;

template <Compared LayerComparison::*quantity>
CellValue predicted(const TheoryRow& row) {
  return cell_value((row.comparison.*quantity).predicted);
}

template <Compared LayerComparison::*quantity>
CellValue measured(const TheoryRow& row) {
  return cell_value((row.comparison.*quantity).measured);
}

constexpr std::array kTheoryColumns{
    Theory{"run_id", "hash of the resolved config; of several seeds: of all their configs",
           [](const TheoryRow& row) -> CellValue { return row.run_id; }},
    Theory{"seeds", "initializations that the row is about: means over these",
           [](const TheoryRow& row) -> CellValue { return row.seeds; }},
    Theory{"layer", "place among the parametrised layers, from 1",
           [](const TheoryRow& row) -> CellValue { return row.layer; }},
    Theory{"name", "the layer's name", [](const TheoryRow& row) -> CellValue { return row.name; }},
    Theory{"type", "dense, conv2d, output or projection",
           [](const TheoryRow& row) -> CellValue { return row.type; }},
    Theory{"activation", "the activation's name",
           [](const TheoryRow& row) -> CellValue { return row.activation; }},
    Theory{"init", "the name of the weight's initialization scheme",
           [](const TheoryRow& row) -> CellValue { return row.init; }},
    Theory{"fan_in", "inputs that feed one output",
           [](const TheoryRow& row) -> CellValue { return std::int64_t{row.fans.in}; }},
    Theory{"fan_out", "outputs that one input feeds",
           [](const TheoryRow& row) -> CellValue { return std::int64_t{row.fans.out}; }},
    Theory{"pre_m2_predicted",
           "mean of z^2, z the activation's input, by mean-field theory; empty where it does not "
           "apply",
           predicted<&LayerComparison::pre_m2>},
    Theory{"pre_m2_measured", "the same in the batch of step 0",
           measured<&LayerComparison::pre_m2>},
    Theory{"pre_m2_spread",
           "predicted relative variance of it between networks, followed layer by layer",
           [](const TheoryRow& row) -> CellValue { return cell_value(row.comparison.spread); }},
    Theory{"z_score",
           "standard errors between the measured and the predicted pre_m2, by their logarithms",
           [](const TheoryRow& row) -> CellValue { return cell_value(row.comparison.z_score); }},
    Theory{"pre_var_predicted", "variance of z", predicted<&LayerComparison::pre_var>},
    Theory{"pre_var_measured", "the same, measured", measured<&LayerComparison::pre_var>},
    Theory{"act_m2_predicted", "mean of a^2, a the activation's output",
           predicted<&LayerComparison::act_m2>},
    Theory{"act_m2_measured", "the same, measured", measured<&LayerComparison::act_m2>},
    Theory{"act_var_predicted", "variance of a", predicted<&LayerComparison::act_var>},
    Theory{"act_var_measured", "the same, measured", measured<&LayerComparison::act_var>},
    Theory{"chi_predicted",
           "sigma_w^2 E[phi'(z)^2], over the variance that a norm divides by: the factor of "
           "gradients' squared norm across the layer",
           predicted<&LayerComparison::chi>},
    Theory{"chi_measured", "the same of the weights and z as they are",
           measured<&LayerComparison::chi>},
    Theory{"delta_ratio_predicted",
           "mean ||dl/dz||^2 over that of the layer in the next row, that is delta_norm's ratio "
           "squared",
           predicted<&LayerComparison::delta_ratio>},
    Theory{"delta_ratio_measured", "the same, measured; geometric mean over seeds",
           measured<&LayerComparison::delta_ratio>},
    Theory{"pre_cosine_predicted", "cosine of two samples' z; empty for a single unit",
           predicted<&LayerComparison::pre_cosine>},
    Theory{"pre_cosine_measured", "the same, measured", measured<&LayerComparison::pre_cosine>},
    Theory{"act_cosine_predicted", "the same of a", predicted<&LayerComparison::act_cosine>},
    Theory{"act_cosine_measured", "the same, measured", measured<&LayerComparison::act_cosine>},
    Theory{"dead_frac_predicted", "expected share of units that are zero for the whole batch",
           predicted<&LayerComparison::dead_frac>},
    Theory{"dead_frac_measured", "the same, measured", measured<&LayerComparison::dead_frac>},
    Theory{"start", "input, or measured: behind pooling theory goes on from measured moments",
           [](const TheoryRow& row) -> CellValue {
             if (!row.comparison.pre_m2.predicted) return std::monostate{};
             return std::string_view(row.comparison.measured_start ? "measured" : "input");
           }},
    Theory{
        "reason", "why predictions are missing",
        [](const TheoryRow& row) -> CellValue { return std::string_view(row.comparison.reason); }},
    Theory{"delta_reason", "why a figure of delta_ratio is missing",
           [](const TheoryRow& row) -> CellValue {
             return std::string_view(row.comparison.delta_reason);
           }},
    Theory{"cosine_z_score",
           "standard errors between the measured and the predicted 1 - pre_cosine, by the seeds' "
           "logarithms, as a normal deviate; from three seeds on",
           [](const TheoryRow& row) -> CellValue { return cell_value(row.comparison.cosine_z); }},
    Theory{
        "delta_ratio_z_score", "the same of delta_ratio",
        [](const TheoryRow& row) -> CellValue { return cell_value(row.comparison.delta_ratio_z); }},
};

}  // namespace

std::span<const Column<TheoryRow>> theory_columns() { return kTheoryColumns; }

}  // namespace initbench
