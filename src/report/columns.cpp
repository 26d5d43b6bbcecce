#include "report/columns.h"

#include <array>

namespace initbench {
namespace {

using Curve = Column<CurveRow>;

constexpr std::array kCurveColumns{
    Curve{"run_id", "hash of the resolved config, seed included",
          [](const CurveRow& row) -> CellValue { return row.run_id; }},
    Curve{"step", "updates done so far; 0 is before any",
          [](const CurveRow& row) -> CellValue { return row.step; }},
    Curve{"epoch", "passes over the training set done so far, fractional",
          [](const CurveRow& row) -> CellValue { return row.epoch; }},
    Curve{"split", "train (the batch of the update that follows) or test (the whole test set)",
          [](const CurveRow& row) -> CellValue { return row.split; }},
    Curve{"loss", "mean over the samples of the split",
          [](const CurveRow& row) -> CellValue { return row.loss; }},
    Curve{"accuracy", "share of samples classified right; empty for regression",
          [](const CurveRow& row) -> CellValue { return cell_value(row.accuracy); }},
    Curve{"lr", "learning rate of the update that follows; train rows only",
          [](const CurveRow& row) -> CellValue { return cell_value(row.lr); }},
    Curve{"grad_norm",
          "Euclidean norm of the gradient of all parameters, before clipping; train rows only",
          [](const CurveRow& row) -> CellValue { return cell_value(row.grad_norm); }},
};

using LayerColumn = Column<LayerRow>;

constexpr std::array kLayerColumns{
    LayerColumn{"run_id", "hash of the resolved config, seed included",
                [](const LayerRow& row) -> CellValue { return row.run_id; }},
    LayerColumn{"step", "updates done so far; 0 is before any",
                [](const LayerRow& row) -> CellValue { return row.step; }},
    LayerColumn{"layer", "place among the parametrised layers, from 1",
                [](const LayerRow& row) -> CellValue { return row.layer; }},
    LayerColumn{"name", "the layer's name, as in --set and in messages",
                [](const LayerRow& row) -> CellValue { return row.name; }},
    LayerColumn{"type", "dense, conv2d, output or projection",
                [](const LayerRow& row) -> CellValue { return row.type; }},
    LayerColumn{"activation", "the activation's name",
                [](const LayerRow& row) -> CellValue { return row.activation; }},
    LayerColumn{"init", "the name of the weight's initialization scheme",
                [](const LayerRow& row) -> CellValue { return row.init; }},
    LayerColumn{"fan_in", "inputs that feed one output",
                [](const LayerRow& row) -> CellValue { return std::int64_t{row.fans.in}; }},
    LayerColumn{"fan_out", "outputs that one input feeds",
                [](const LayerRow& row) -> CellValue { return std::int64_t{row.fans.out}; }},
    LayerColumn{"pre_mean", "mean of z, the activation's input",
                [](const LayerRow& row) -> CellValue { return row.statistics.pre_mean; }},
    LayerColumn{"pre_var", "population variance of z",
                [](const LayerRow& row) -> CellValue { return row.statistics.pre_var; }},
    LayerColumn{"pre_m2", "second moment of z, the mean of z^2",
                [](const LayerRow& row) -> CellValue { return row.statistics.pre_m2; }},
    LayerColumn{"act_mean", "mean of a, the activation's output",
                [](const LayerRow& row) -> CellValue { return row.statistics.act_mean; }},
    LayerColumn{"act_var", "population variance of a",
                [](const LayerRow& row) -> CellValue { return row.statistics.act_var; }},
    LayerColumn{"act_m2", "second moment of a, the mean of a^2",
                [](const LayerRow& row) -> CellValue { return row.statistics.act_m2; }},
    LayerColumn{"act_zero_frac", "share of a that is exactly zero",
                [](const LayerRow& row) -> CellValue { return row.statistics.act_zero_frac; }},
    LayerColumn{
        "act_sat_frac",
        "share of a beyond 97 % of the activation's range; empty when the range is unbounded",
        [](const LayerRow& row) -> CellValue { return cell_value(row.statistics.act_sat_frac); }},
    LayerColumn{"dead_frac", "share of units that are zero for the whole batch",
                [](const LayerRow& row) -> CellValue { return row.statistics.dead_frac; }},
    LayerColumn{"delta_norm",
                "sqrt of the mean over samples of ||dl_i/dz||^2, l_i the sample's loss",
                [](const LayerRow& row) -> CellValue { return row.statistics.delta_norm; }},
    LayerColumn{"grad_weight_norm",
                "Euclidean norm of the batch-mean loss's gradient by the weight",
                [](const LayerRow& row) -> CellValue { return row.statistics.grad_weight_norm; }},
    LayerColumn{
        "grad_bias_norm", "the same by the bias; empty without one",
        [](const LayerRow& row) -> CellValue { return cell_value(row.statistics.grad_bias_norm); }},
    LayerColumn{"weight_norm", "Euclidean norm of the weight",
                [](const LayerRow& row) -> CellValue { return row.statistics.weight_norm; }},
    LayerColumn{"weight_std", "population standard deviation of the weight's entries",
                [](const LayerRow& row) -> CellValue { return row.statistics.weight_std; }},
    LayerColumn{
        "update_ratio",
        "||dW|| / ||W|| of the update that follows; empty after the last one, and for zero weights",
        [](const LayerRow& row) -> CellValue { return cell_value(row.statistics.update_ratio); }},
    LayerColumn{
        "nonfinite", "NaN or infinite entries of z, a, dl/dz, weight and gradient",
        [](const LayerRow& row) -> CellValue { return std::int64_t{row.statistics.nonfinite}; }},
    LayerColumn{"act_near_zero_frac", "share of |a| up to 0.05",
                [](const LayerRow& row) -> CellValue { return row.statistics.act_near_zero_frac; }},
    LayerColumn{
        "act_cosine",
        "mean cosine between a of two samples, over up to 32; empty when fewer than 2 are not 0",
        [](const LayerRow& row) -> CellValue { return cell_value(row.statistics.act_cosine); }},
    LayerColumn{"act_effective_rank",
                "(sum s^2)^2 / sum s^4, s the singular values of up to 32 samples' a; 1 when all "
                "are parallel, empty when all are 0",
                [](const LayerRow& row) -> CellValue {
                  return cell_value(row.statistics.act_effective_rank);
                }},
    LayerColumn{"identical_frac",
                "share of units that equal another one in weights, bias and their gradients",
                [](const LayerRow& row) -> CellValue { return row.statistics.identical_frac; }},
};

using SpectrumColumn = Column<SpectrumRow>;

constexpr std::array kSpectrumColumns{
    SpectrumColumn{"run_id", "hash of the resolved config, seed included",
                   [](const SpectrumRow& row) -> CellValue { return row.run_id; }},
    SpectrumColumn{"step", "updates done so far; 0 is before any",
                   [](const SpectrumRow& row) -> CellValue { return row.step; }},
    SpectrumColumn{
        "name", "the layer that reads what the Jacobian of the output is by; the first: the data",
        [](const SpectrumRow& row) -> CellValue { return row.spectrum->layer; }},
    SpectrumColumn{
        "inputs", "numbers that the layer reads",
        [](const SpectrumRow& row) -> CellValue { return std::int64_t{row.spectrum->inputs}; }},
    SpectrumColumn{
        "outputs", "outputs of the network",
        [](const SpectrumRow& row) -> CellValue { return std::int64_t{row.spectrum->outputs}; }},
    SpectrumColumn{"method", "exact, or estimate (from products with random vectors)",
                   [](const SpectrumRow& row) -> CellValue {
                     return row.spectrum->exact ? std::string_view("exact")
                                                : std::string_view("estimate");
                   }},
    SpectrumColumn{"s2_mean", "mean of s^2 over as many singular values s as inputs",
                   [](const SpectrumRow& row) -> CellValue { return row.spectrum->mean; }},
    SpectrumColumn{"s2_var", "population variance of the same",
                   [](const SpectrumRow& row) -> CellValue { return row.spectrum->variance; }},
    SpectrumColumn{
        "s2_max", "largest s^2; empty for estimates",
        [](const SpectrumRow& row) -> CellValue { return cell_value(row.spectrum->largest); }},
    SpectrumColumn{
        "s2_min", "smallest s^2 of the min(inputs, outputs) largest; empty for estimates",
        [](const SpectrumRow& row) -> CellValue { return cell_value(row.spectrum->smallest); }},
};

}  // namespace

std::span<const Column<SpectrumRow>> spectrum_columns() { return kSpectrumColumns; }
std::span<const Column<CurveRow>> curve_columns() { return kCurveColumns; }
std::span<const Column<LayerRow>> layer_columns() { return kLayerColumns; }

}  // namespace initbench
