#include "experiment/recommendation_training.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "experiment/paired_statistics.h"
#include "experiment/rate_choice.h"
#include "experiment/recommendation_trials.h"
#include "experiment/sample_statistics.h"

namespace initbench {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One training; a diverged one has an infinite loss.
struct Training {
  double final_loss = kInfinity;
  bool trains = false;
};

Training train_once(const Trial& trial, const DataSplits& data, const TrialControl& control) {
  Observer nobody;
  const TrialResult result = run_trial(trial.config, data, nobody, control);
  const bool has_loss =
      !result.diverged() && result.final_test.has_value() && std::isfinite(result.final_test->loss);
  if (!has_loss) return {};
  const double loss = result.final_test->loss;
  const double limit = trial.config.diagnosis.stalled * result.guessing_loss;
  const bool came_low = result.late_train && result.late_train->mean < limit;
  return {.final_loss = loss, .trains = loss < limit || came_low};
}

/// What is trained: the first ones and the config as it is.
std::vector<std::size_t> chosen(const Recommendation& recommendation, std::size_t count) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < recommendation.ranked.size(); ++i) {
    if (i < count || recommendation.ranked[i].candidate.is_current) places.push_back(i);
  }
  return places;
}

std::int64_t planned_steps(const ExperimentConfig& config, DataCache& cache) {
  return train_spec(config, cache.get(config)->train).steps;
}

std::int64_t steps_of(const TrainingPlan& plan, std::int64_t planned) {
  constexpr std::int64_t kUsualSteps = 200;
  if (plan.steps > 0) return plan.steps;
  return planned == 0 ? kUsualSteps : std::min(planned, kUsualSteps);
}

/// A schedule for a part of the steps that it was planned for.
ScheduleSpec shortened(ScheduleSpec schedule, std::int64_t steps, std::int64_t planned) {
  if (planned <= steps) return schedule;
  const double part = static_cast<double>(steps) / static_cast<double>(planned);
  const auto shrink = [&](std::int64_t& count) {
    if (count > 0) {
      count = std::max<std::int64_t>(1, std::llround(static_cast<double>(count) * part));
    }
  };
  shrink(schedule.warmup_steps);
  shrink(schedule.step_size);
  return schedule;
}

/// A candidate's trainings by rate and seed.
struct TrainedTable {
  std::vector<std::vector<Training>> trainings;

  RateTable scores() const {
    RateTable table;
    for (const std::vector<Training>& row : trainings) {
      table.emplace_back();
      for (const Training& training : row) table.back().push_back(-training.final_loss);
    }
    return table;
  }
};

bool is_halved(std::size_t seeds) { return seeds >= 4; }

TrainedFigures figures_of(const TrainedTable& table, const std::vector<double>& rates) {
  const RateTable scores = table.scores();
  const std::size_t seeds = scores.front().size();
  TrainedFigures figures{.rate = rates[best_rate(scores, Seeds::all)], .seeds = seeds};
  const std::vector<double> at_best = scores_at_best(scores, is_halved(seeds));
  if (const auto typical = interquartile_mean(at_best)) figures.final_loss = -*typical;
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    for (std::size_t rate = 0; rate < rates.size(); ++rate) {
      if (scores[rate][seed] != at_best[seed]) continue;
      if (table.trainings[rate][seed].trains) ++figures.trained;
      break;
    }
  }
  const auto [lowest, highest] = std::minmax_element(rates.begin(), rates.end());
  figures.at_edge = rates.size() > 1 && (figures.rate == *lowest || figures.rate == *highest);
  return figures;
}

/// The better the smaller. What was not trained is between what trains and what does not.
auto training_key(const Assessment& assessment) {
  const std::optional<TrainedFigures>& trained = assessment.trained;
  const int group = !trained ? 1 : trained->trains() ? 0 : 2;
  const double loss = trained ? trained->final_loss.value_or(kInfinity) : 0;
  return std::tuple(group, trained && assessment.candidate.changes_network(), loss);
}

bool is_significantly_better(const Assessment& assessment, const TrainedFigures& present) {
  const std::optional<TrainedFigures>& trained = assessment.trained;
  return trained && trained->trains() && trained->p && *trained->p < kSignificance &&
         trained->final_loss.value_or(kInfinity) < present.final_loss.value_or(kInfinity);
}

/// By training. While the config as it is trains, it stays first unless others are significantly
/// better; then the best of those is first.
void rank_trained(std::vector<Assessment>& assessments) {
  std::stable_sort(
      assessments.begin(), assessments.end(),
      [](const Assessment& a, const Assessment& b) { return training_key(a) < training_key(b); });
  const auto present = std::find_if(assessments.begin(), assessments.end(),
                                    [](const Assessment& a) { return a.candidate.is_current; });
  const TrainedFigures& figures = *present->trained;
  if (!figures.trains()) return;
  const auto better =
      std::find_if(assessments.begin(), assessments.end(),
                   [&](const Assessment& a) { return is_significantly_better(a, figures); });
  const auto first = better == assessments.end() ? present : better;
  std::rotate(assessments.begin(), first, first + 1);
}

/// What is trained: places among the ranked, rates and seeds; in this order, seeds fastest.
struct TrainingGrid {
  std::vector<std::size_t> places;
  std::vector<double> rates;
  std::vector<std::uint64_t> seeds;
};

std::vector<Trial> trials_of(const TrainingGrid& grid, const Recommendation& recommendation,
                             std::int64_t planned) {
  const std::int64_t steps = recommendation.train_steps;
  std::vector<Trial> trials;
  for (const std::size_t place : grid.places) {
    const ExperimentConfig& candidate = recommendation.ranked[place].candidate.config;
    for (const double rate : grid.rates) {
      for (const std::uint64_t seed : grid.seeds) {
        trials.push_back({.config = with_budget(candidate, seed, rate, steps)});
        ScheduleSpec& schedule = trials.back().config.train.schedule;
        schedule = shortened(schedule, steps, planned);
      }
    }
  }
  return trials;
}

/// A table for each place, of what came of `trials_of` it.
std::vector<TrainedTable> tables_of(const TrainingGrid& grid,
                                    const std::vector<Training>& trainings) {
  std::vector<TrainedTable> tables(grid.places.size());
  auto next = trainings.begin();
  for (TrainedTable& table : tables) {
    for (std::size_t rate = 0; rate < grid.rates.size(); ++rate) {
      const auto end = next + static_cast<std::ptrdiff_t>(grid.seeds.size());
      table.trainings.emplace_back(next, end);
      next = end;
    }
  }
  return tables;
}

/// Of each place but that of the config as it is, against which all others are tested.
void add_significance(const TrainingGrid& grid, const std::vector<TrainedTable>& tables,
                      std::vector<Assessment>& ranked) {
  const auto is_current = [&](std::size_t i) {
    return ranked[grid.places[i]].candidate.is_current;
  };
  std::size_t present = 0;
  while (!is_current(present)) ++present;
  const RateTable of_present = tables[present].scores();
  std::vector<double> p;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (i == present) continue;
    p.push_back(p_at_best_rates(tables[i].scores(), of_present, is_halved(grid.seeds.size())));
  }
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0, j = 0; i < tables.size(); ++i) {
    if (i != present) ranked[grid.places[i]].trained->p = adjusted[j++];
  }
}

}  // namespace

std::vector<double> rates_around(const Recommendation& recommendation,
                                 const ExperimentConfig& config) {
  const double middle = recommendation.lower_rate.value_or(config.train.optimizer.lr);
  std::vector<double> rates(kRateFactors.size());
  std::transform(kRateFactors.begin(), kRateFactors.end(), rates.begin(),
                 [middle](double factor) { return scaled_rate(middle, factor); });
  return rates;
}

bool train_and_rank(Recommendation& recommendation, const ExperimentConfig& config,
                    const TrainingPlan& plan, const ProbePlan& probes, DataCache& cache) {
  const TrainingGrid grid{
      .places = chosen(recommendation, plan.candidates),
      .rates = plan.rates.empty() ? rates_around(recommendation, config) : plan.rates,
      .seeds = probes.seeds};
  const std::int64_t planned = planned_steps(config, cache);
  recommendation.train_steps = steps_of(plan, planned);
  const auto trainings =
      outcomes_of<Training>(trials_of(grid, recommendation, planned), probes, cache, "trainings",
                            [](const Trial& trial, const DataSplits& data, const auto& pause) {
                              return train_once(trial, data, {.pause = pause, .advises = false});
                            });
  if (!trainings) return false;

  const std::vector<TrainedTable> tables = tables_of(grid, *trainings);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    recommendation.ranked[grid.places[i]].trained = figures_of(tables[i], grid.rates);
  }
  add_significance(grid, tables, recommendation.ranked);
  const std::vector<std::string> first = recommendation.ranked.front().candidate.settings;
  rank_trained(recommendation.ranked);
  if (recommendation.ranked.front().candidate.settings != first) {  // they were of that one
    recommendation.lower_rate.reset();
    recommendation.hopeless_rate.reset();
  }
  return true;
}

}  // namespace initbench
