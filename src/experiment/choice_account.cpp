#include "experiment/choice_account.h"

#include <cmath>

#include "experiment/rate_choice.h"
#include "experiment/sample_statistics.h"

namespace initbench {
namespace {

/// By the standard error that the interval of the mean was made with.
void test_mean(SchemePair& pair) {
  PairedStatistics& statistics = pair.statistics;
  const Interval& interval = *statistics.difference_interval;
  const auto pairs = static_cast<double>(statistics.pairs);
  const double error = (interval.high - interval.low) / 2 / student_quantile(pairs - 1);
  const double t = std::abs(*statistics.mean_difference) / error;
  pair.test = PairTest::student;
  pair.shift = t / std::sqrt(pairs);
  statistics.p = student_p(t, pairs - 1);
}

}  // namespace

ChoiceAccount::ChoiceAccount(const RunGrid& grid, RateChoice choice)
    : is_halved_(choice == RateChoice::other_half),
      is_chosen_(is_halved_ || choice == RateChoice::same_seeds),
      draws_(is_halved_ ? grid.seeds() : 0) {
  if (!is_chosen_) return;
  for (std::size_t scheme = 0; scheme < grid.schemes(); ++scheme) {
    tables_.push_back(grid.table(scheme));
  }
  if (!is_halved_) return;
  for (const RateTable& table : tables_) redrawn_.emplace_back(table, draws_);
}

void ChoiceAccount::apply(SchemeResult& result) const {
  if (!is_chosen_) return;
  SampleStatistics& scores = result.scores;
  if (!is_halved_) {
    scores.mean_interval.reset();
    scores.interquartile_interval.reset();
    return;
  }
  const RedrawnScheme& scheme = redrawn_[result.scheme];
  if (scores.mean_interval) {
    scores.mean_interval = widened(scores.mean_interval, widening(scheme, mean));
  }
  if (scores.interquartile_interval) {
    scores.interquartile_interval =
        widened(scores.interquartile_interval, widening(scheme, interquartile_mean));
  }
}

void ChoiceAccount::apply(SchemePair& pair) const {
  PairedStatistics& statistics = pair.statistics;
  if (!is_chosen_ || statistics.pairs == 0) return;
  std::optional<Interval>& interval = statistics.difference_interval;
  if (!is_halved_) interval.reset();
  if (interval) {
    interval = widened(interval, widening(redrawn_[pair.first], redrawn_[pair.second], mean));
  }
  if (interval && interval->high > interval->low) return test_mean(pair);
  pair.test = PairTest::exchanges;
  statistics.p = p_at_best_rates(tables_[pair.first], tables_[pair.second], is_halved_);
}

}  // namespace initbench
