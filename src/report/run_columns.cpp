#include "report/run_columns.h"

#include <array>

namespace initbench {
namespace {

using Run = Column<RunRow>;
using Figure = std::optional<Measurement> TrialResult::*;

CellValue text_or_unknown(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return text;
}

template <class Value>
CellValue of_result(const RunRow& row, Value value) {
  if (row.summary == nullptr) return std::monostate{};
  return value(row.summary->result);
}

template <Figure figure>
CellValue loss(const RunRow& row) {
  return of_result(row, [](const TrialResult& result) -> CellValue {
    if (!(result.*figure)) return std::monostate{};
    return (result.*figure)->loss;
  });
}

template <Figure figure>
CellValue accuracy(const RunRow& row) {
  return of_result(row, [](const TrialResult& result) -> CellValue {
    if (!(result.*figure)) return std::monostate{};
    return cell_value((result.*figure)->accuracy);
  });
}

template <Figure figure>
CellValue step(const RunRow& row) {
  return of_result(row, [](const TrialResult& result) -> CellValue {
    if (!(result.*figure)) return std::monostate{};
    return (result.*figure)->step;
  });
}

CellValue divergence_step(const RunRow& row) {
  return of_result(row, [](const TrialResult& result) -> CellValue {
    if (!result.train.divergence) return std::monostate{};
    return result.train.divergence->step;
  });
}

CellValue divergence_layer(const RunRow& row) {
  return of_result(row, [](const TrialResult& result) -> CellValue {
    if (!result.train.divergence) return std::monostate{};
    return text_or_unknown(result.train.divergence->layer);
  });
}

constexpr std::array kIdentity{
    Run{"run_id", "hash of the resolved config, seed included",
        [](const RunRow& row) -> CellValue { return row.run_id; }},
    Run{"name", "the experiment's name", [](const RunRow& row) -> CellValue { return row.name; }},
    Run{"seed", "the run's seed",
        [](const RunRow& row) -> CellValue { return text_or_unknown(row.seed); }},
    Run{"status",
        "finished, diverged, interrupted, failed, unfinished (begun, no end) or missing (planned, "
        "not begun)",
        [](const RunRow& row) -> CellValue { return row.status; }},
    Run{"verdict", "the diagnosis of the run, where there is one",
        [](const RunRow& row) -> CellValue { return text_or_unknown(row.verdict); }},
};

constexpr std::array kFigures{
    Run{"steps", "updates done",
        [](const RunRow& row) -> CellValue {
          return of_result(
              row, [](const TrialResult& result) -> CellValue { return result.train.steps; });
        }},
    Run{"parameters", "numbers that are trained",
        [](const RunRow& row) -> CellValue {
          return of_result(row, [](const TrialResult& result) -> CellValue {
            return std::int64_t{result.parameters};
          });
        }},
    Run{"diverged_step", "where a diverged run ended", divergence_step},
    Run{"diverged_layer", "the first layer with a number that is not finite", divergence_layer},
    Run{"final_train_loss", "of the last logged batch", loss<&TrialResult::final_train>},
    Run{"final_train_accuracy", "of the last logged batch", accuracy<&TrialResult::final_train>},
    Run{"final_test_loss", "of the whole test set, at the end", loss<&TrialResult::final_test>},
    Run{"final_test_accuracy", "of the whole test set, at the end",
        accuracy<&TrialResult::final_test>},
    Run{"best_test_step", "updates before the highest test accuracy (regression: lowest loss)",
        step<&TrialResult::best_test>},
    Run{"best_test_loss", "the lowest of the test set, be it there or not",
        [](const RunRow& row) -> CellValue { return cell_value(row.lowest_test_loss); }},
    Run{"best_test_accuracy", "test accuracy there", accuracy<&TrialResult::best_test>},
    Run{"train_loss_area", "area under the logged training losses over steps, by trapezoids",
        [](const RunRow& row) -> CellValue { return cell_value(row.train_loss_area); }},
};

constexpr std::array kTimes{
    Run{"train_seconds", "the training steps alone (merge --seconds)",
        [](const RunRow& row) -> CellValue {
          return of_result(row, [](const TrialResult& result) -> CellValue {
            return result.train.train_seconds;
          });
        }},
    Run{"seconds", "with loading data and writing files (merge --seconds)",
        [](const RunRow& row) -> CellValue {
          if (row.summary == nullptr) return std::monostate{};
          return row.summary->total_seconds;
        }},
};

}  // namespace

std::span<const Run> run_identity_columns() { return kIdentity; }
std::span<const Run> run_figure_columns() { return kFigures; }
std::span<const Run> run_time_columns() { return kTimes; }

}  // namespace initbench
