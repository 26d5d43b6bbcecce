#include "report/theory_figures.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "report/json_number.h"
#include "report/text_table.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;
using Figures = TheoryFigures;

struct NumberRow {
  std::string_view name;
  std::optional<double> Figures::*member;
};
constexpr std::array kNumbers{
    NumberRow{"sigma_w2", &Figures::sigma_w2},
    NumberRow{"sigma_b2", &Figures::sigma_b2},
    NumberRow{"q_star", &Figures::q_star},
    NumberRow{"chi_1", &Figures::chi_1},
    NumberRow{"c_star", &Figures::c_star},
    NumberRow{"xi_q", &Figures::xi_q},
    NumberRow{"xi_c", &Figures::xi_c},
    NumberRow{"xi_gradient", &Figures::xi_gradient},
    NumberRow{"trainable_depth", &Figures::trainable_depth},
    NumberRow{"finite_width_factor", &Figures::finite_width_factor},
    NumberRow{"dead_input_probability", &Figures::dead_input_probability},
    NumberRow{"jacobian_mean", &Figures::jacobian_mean},
    NumberRow{"jacobian_variance", &Figures::jacobian_variance},
};

struct WordsRow {
  std::string_view name;
  std::string Figures::*member;
};
constexpr std::array kWords{
    WordsRow{"repeated_layer", &Figures::repeated_layer},
    WordsRow{"lengths", &Figures::lengths},
    WordsRow{"limit_reason", &Figures::limit_reason},
    WordsRow{"jacobian_reason", &Figures::jacobian_reason},
};

}  // namespace

std::string length_text(const Phase& phase) {
  switch (phase.length.kind) {
    case LongRun::zero: return "lengths decay to 0";
    case LongRun::infinite: return "lengths grow without bound";
    case LongRun::neutral: return "every length is kept";
    case LongRun::finite: break;
  }
  const bool repels = phase.length.growth > 1 + 1e-9;
  return "q* = " + short_number(phase.length.q) +
         (repels ? " (repels: lengths that are a little off leave it)" : "");
}

TheoryFigures theory_figures(const Network& network, const NetworkPrediction& prediction,
                             const DeepLimit& limit) {
  TheoryFigures figures{.finite_width_factor = prediction.finite_width_factor,
                        .dead_input_probability = prediction.dead_input_probability,
                        .jacobian_mean = prediction.jacobian_mean,
                        .limit_reason = limit.reason,
                        .jacobian_reason = prediction.jacobian_reason};
  if (prediction.jacobian_mean && prediction.jacobian_relative_variance) {
    figures.jacobian_variance = *prediction.jacobian_relative_variance * *prediction.jacobian_mean *
                                *prediction.jacobian_mean;
  }
  if (!limit.layer) return figures;
  const Phase& phase = *limit.phase;
  figures.repeated_layer = network.layers()[limit.layer->first].name;
  figures.lengths = length_text(phase);
  figures.sigma_w2 = limit.layer->scale.sigma_w2;
  figures.sigma_b2 = limit.layer->scale.sigma_b2;
  if (phase.length.kind != LongRun::neutral) figures.q_star = phase.length.q;
  figures.chi_1 = phase.length.chi;
  figures.c_star = phase.correlation;
  figures.xi_q = phase.xi_q;
  figures.xi_c = phase.xi_c;
  figures.xi_gradient = phase.xi_gradient;
  figures.trainable_depth = phase.trainable_depth;
  if (figures.limit_reason.empty()) figures.limit_reason = phase.reason;
  return figures;
}

Json to_json(const TheoryFigures& figures) {
  Json json;
  for (const NumberRow& row : kNumbers) json[row.name] = json_number(figures.*row.member);
  for (const WordsRow& row : kWords) {
    const std::string& words = figures.*row.member;
    json[row.name] = words.empty() ? Json(nullptr) : Json(words);
  }
  return json;
}

TheoryFigures read_theory_figures(const Json& json) {
  TheoryFigures figures;
  for (const NumberRow& row : kNumbers) figures.*row.member = read_number(json.at(row.name));
  for (const WordsRow& row : kWords) {
    const Json& words = json.at(row.name);
    if (!words.is_null()) figures.*row.member = words.get<std::string>();
  }
  return figures;
}

}  // namespace initbench
