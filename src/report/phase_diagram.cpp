#include "report/phase_diagram.h"

#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "report/csv.h"
#include "theory/critical.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

struct DiagramRow {
  std::string_view line;  // "grid" or "chi=1"
  WeightScale scale;
  Phase phase;
  bool repels = false;  // of a point of the critical line
};

std::string_view length_name(LongRun kind) {
  switch (kind) {
    case LongRun::zero: return "zero";
    case LongRun::finite: return "finite";
    case LongRun::neutral: return "neutral";
    case LongRun::infinite: break;
  }
  return "infinite";
}

/// By chi of the length reached: below 1 inputs grow alike and gradients vanish, above 1 gradients
/// explode, and inputs part unless lengths grow without bound: that needs an activation that is
/// linear far from 0 but for a kink, and under such a one no two inputs part.
std::string_view phase_name(const Destination& length) {
  constexpr double kMarginal = 1e-10;
  if (std::abs(length.chi - 1) < kMarginal) return "critical";
  if (length.chi < 1) return "ordered";
  return length.kind == LongRun::infinite ? "exploding" : "chaotic";
}

using Diagram = Column<DiagramRow>;

constexpr std::array kDiagramColumns{
    Diagram{"sigma_w2", "variance of the weights times the fan-in",
            [](const DiagramRow& row) -> CellValue { return row.scale.sigma_w2; }},
    Diagram{"sigma_b2", "variance of the biases",
            [](const DiagramRow& row) -> CellValue { return row.scale.sigma_b2; }},
    Diagram{"line", "grid, or chi=1: the critical line",
            [](const DiagramRow& row) -> CellValue { return row.line; }},
    Diagram{"phase",
            "ordered, critical, chaotic, or exploding: lengths and gradients grow without bound, "
            "but inputs do not part",
            [](const DiagramRow& row) -> CellValue { return phase_name(row.phase.length); }},
    Diagram{
        "length",
        "where q goes: zero, finite, neutral (every q stays) or infinite; of a row chi=1, repels "
        "if q leaves the point when it is a little off",
        [](const DiagramRow& row) -> CellValue {
          return row.repels ? "repels" : length_name(row.phase.length.kind);
        }},
    Diagram{"q_star", "the length reached from q = 1; of a row chi=1, that of the critical point",
            [](const DiagramRow& row) -> CellValue { return row.phase.length.q; }},
    Diagram{"chi", "factor of gradients' squared norm per layer there",
            [](const DiagramRow& row) -> CellValue { return row.phase.length.chi; }},
    Diagram{"c_star", "the correlation of two inputs far from them",
            [](const DiagramRow& row) -> CellValue { return cell_value(row.phase.correlation); }},
    Diagram{"xi_q", "depth scale of lengths, in layers",
            [](const DiagramRow& row) -> CellValue { return cell_value(row.phase.xi_q); }},
    Diagram{"xi_c", "depth scale of correlations",
            [](const DiagramRow& row) -> CellValue { return cell_value(row.phase.xi_c); }},
    Diagram{"xi_grad", "depth scale of gradients",
            [](const DiagramRow& row) -> CellValue { return cell_value(row.phase.xi_gradient); }},
    Diagram{
        "trainable_depth", "6 xi_c, or 6 xi_grad where lengths decay to 0",
        [](const DiagramRow& row) -> CellValue { return cell_value(row.phase.trainable_depth); }},
};

/// Of a point of the critical line, where chi is 1 by construction.
Phase critical_phase(const CriticalPoint& point) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Phase phase{.length = {.kind = point.q > 0 ? LongRun::finite : LongRun::zero,
                         .q = point.q,
                         .growth = point.growth,
                         .chi = 1}};
  if (point.q > 0) phase.correlation = 1;
  if (point.growth > 0 && point.growth < 1) phase.xi_q = -1 / std::log(point.growth);
  phase.xi_c = phase.xi_gradient = phase.trainable_depth = kInfinity;
  return phase;
}

}  // namespace

std::string phase_diagram(const Activation& activation, std::span<const double> sigma_w2,
                          std::span<const double> sigma_b2) {
  const std::span<const Diagram> columns = kDiagramColumns;
  std::string text = csv_header(columns);
  const auto append = [&](const DiagramRow& row) { append_csv_row(columns, row, text); };
  for (const double b : sigma_b2) {
    for (const double w : sigma_w2) {
      const WeightScale scale{.sigma_w2 = w, .sigma_b2 = b};
      append({.line = "grid", .scale = scale, .phase = phase_of(activation, scale)});
    }
  }
  for (const double b : sigma_b2) {
    const CriticalResult critical = critical_at_bias(activation, b);
    if (!critical.point) continue;
    append({.line = "chi=1",
            .scale = critical.point->scale,
            .phase = critical_phase(*critical.point),
            .repels = critical.point->repels()});
  }
  return text;
}

}  // namespace initbench
