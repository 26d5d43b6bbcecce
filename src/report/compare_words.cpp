#include "report/compare_words.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "report/compare_tables.h"
#include "report/text_table.h"

namespace initbench {
namespace {

constexpr double kManySeeds = 1000;

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string interval_text(const Interval& interval) {
  return "95 % interval " + short_number(interval.low) + " to " + short_number(interval.high);
}

std::string probability_text(double p) {
  return p < 0.0001 ? "p < 0.0001" : "p = " + short_number(p);
}

/// The sentences about one pair; the better one of it comes first.
class PairWords {
 public:
  PairWords(const RunComparison& comparison, const MetricComparison& metric,
            const ComparisonView& view, const SchemePair& pair)
      : metric_(metric.metric),
        view_(view),
        pair_(pair),
        is_swapped_(pair.statistics.rank_biserial < 0),
        better_(pair.first),
        worse_(pair.second) {
    if (is_swapped_) std::swap(better_, worse_);
    names_ = {comparison.names.schemes[better_], comparison.names.schemes[worse_]};
  }

  std::string sentence() const {
    const PairedStatistics& statistics = pair_.statistics;
    if (statistics.pairs == 0) {
      return both() + ": no seed in common, so nothing to pair; run both with the same seeds";
    }
    if (statistics.ties == statistics.pairs) {
      const bool have_figures = statistics.mean_difference.has_value();
      return both() +
             (have_figures ? ": no difference on any of "
                           : ": both without a difference, "
                             "or without a figure, on all ") +
             counted(statistics.pairs, "seed");
    }
    return pair_.is_significant() ? told() : untold();
  }

 private:
  std::string both() const { return names_.first + " and " + names_.second; }

  std::string told() const {
    const std::string evidence =
        difference() + won() + ", " + probability_text(pair_.p_adjusted) + adjusted();
    if (is_surely_better()) {
      return names_.first + " is better than " + names_.second + ": " + evidence;
    }
    return names_.first + " ranks above " + names_.second +
           " seed by seed, but is not surely better in the mean: " + evidence;
  }

  /// Whether the interval of the mean says what the ranks do. Runs without a figure leave no mean:
  /// there the ranks stand alone.
  bool is_surely_better() const {
    if (!pair_.statistics.mean_difference) return true;
    const std::optional<Interval>& interval = pair_.statistics.difference_interval;
    return interval && (is_swapped_ ? interval->high < 0 : interval->low > 0);
  }

  std::string untold() const {
    std::string text = both() + ": cannot tell which is better: " + difference() + won() + ", " +
                       probability_text(pair_.p_adjusted) + adjusted();
    const std::size_t fewest = fewest_pairs(pair_.level);
    const bool is_of_ranks = pair_.test != PairTest::student;
    if (is_of_ranks && pair_.statistics.pairs - pair_.statistics.ties < fewest) {
      text += "; not enough seeds to tell: fewer than " + std::to_string(fewest) +
              " without a tie cannot reach 0.05";
    }
    if (!pair_.pairs_needed) return text;
    const bool are_many = *pair_.pairs_needed > kManySeeds;
    const std::string least = pair_.test == PairTest::exchanges ? "at least " : "";
    return text + "; " + least + "about " +
           short_number(are_many ? kManySeeds : *pair_.pairs_needed) + " seeds" +
           (are_many ? " or more" : "") + " would be needed for a difference like this one";
  }

  std::string adjusted() const {
    const auto tests =
        std::count_if(view_.pairs.begin(), view_.pairs.end(),
                      [](const SchemePair& pair) { return pair.statistics.pairs > 0; });
    return tests == 1 ? "" : " (Holm, " + std::to_string(tests) + " pairs)";
  }

  /// "final_test_accuracy 0.012 higher (95 % interval 0.004 to 0.02), ", or nothing when a run has
  /// no figure.
  std::string difference() const {
    std::optional<double> mean = in_units(pair_.statistics.mean_difference, metric_.better);
    if (!mean) return "";
    std::optional<Interval> interval =
        in_units(pair_.statistics.difference_interval, metric_.better);
    if (is_swapped_) {
      mean = in_units(mean, Better::less);
      interval = in_units(interval, Better::less);
    }
    const bool is_lower = *mean < 0;
    std::string text = "mean " + metric_.name + " " + short_number(std::abs(*mean)) +
                       (is_lower ? " lower" : " higher");
    if (interval) {
      if (is_lower) interval = in_units(interval, Better::less);
      text += " (" + interval_text(*interval) + ")";
    }
    return text + ", ";
  }

  std::string won() const {
    const PairedStatistics& statistics = pair_.statistics;
    const auto pairs = static_cast<double>(statistics.pairs);
    const double share = is_swapped_ ? 1 - statistics.probability_of_improvement
                                     : statistics.probability_of_improvement;
    const double wins = share * pairs - static_cast<double>(statistics.ties) / 2;
    std::string text = names_.first + " ahead on " + short_number(std::round(wins)) + " of " +
                       counted(statistics.pairs, "seed");
    if (statistics.ties > 0) text += " (" + counted(statistics.ties, "tie") + ")";
    return text + without_figures();
  }

  /// Runs without a figure that rank worst in this pair.
  std::string without_figures() const {
    if (pair_.statistics.mean_difference) return "";
    const WithoutFigure& of_better = is_swapped_ ? pair_.of_second : pair_.of_first;
    const WithoutFigure& of_worse = is_swapped_ ? pair_.of_first : pair_.of_second;
    return without_figure(names_.first, of_better) + without_figure(names_.second, of_worse);
  }

  static std::string without_figure(const std::string& name, const WithoutFigure& runs) {
    const std::size_t count = runs.diverged + runs.unreached;
    if (count == 0) return "";
    return ", " + name + (runs.unreached == 0 ? " diverged" : " without a figure") + " on " +
           std::to_string(count);
  }

  const RunMetric& metric_;
  const ComparisonView& view_;
  const SchemePair& pair_;
  bool is_swapped_;
  std::size_t better_;
  std::size_t worse_;
  std::pair<std::string, std::string> names_;
};

bool is_at_best(const ComparisonView& view) {
  return view.choice == RateChoice::other_half || view.choice == RateChoice::same_seeds;
}

/// Schemes whose best rate is the first or the last that they were run at.
std::string at_the_edge(const RunComparison& comparison, const ComparisonView& view) {
  if (!is_at_best(view)) return "";
  std::string text;
  for (const SchemeResult& result : view.schemes) {
    if (result.diverged + result.unreached == result.scores.n) continue;  // no rate is the best
    for (const std::size_t rate : result.rates) {
      if (rate != result.lowest_rate && rate != result.highest_rate) continue;
      text += (text.empty() ? "" : ", ") + comparison.names.schemes[result.scheme] + " (" +
              comparison.names.rates[rate] + ")";
    }
  }
  if (text.empty()) return "";
  return "at the edge of what was run, so that a " + comparison.request.rate +
         " beyond it may be better: " + text;
}

std::string rates_named(const RunComparison& comparison, const ComparisonView& view,
                        std::vector<std::size_t> SchemeResult::*rates) {
  std::string text;
  for (const SchemeResult& result : view.schemes) {
    for (const std::size_t rate : result.*rates) {
      text += (text.empty() ? "" : ", ") + comparison.names.schemes[result.scheme] + " (" +
              comparison.names.rates[rate] + ")";
    }
  }
  return text;
}

/// Rates that lack too many of a scheme's seeds to be its best one.
std::string left_out(const RunComparison& comparison, const ComparisonView& view) {
  if (!is_at_best(view)) return "";
  const std::string text = rates_named(comparison, view, &SchemeResult::short_rates);
  if (text.empty()) return "";
  return "not chosen from, because more than a quarter of the scheme's seeds have no run there: " +
         text + "; start the sweep again to complete it";
}

/// Rates that cannot be common, because a scheme lacks too many of its seeds there.
std::string not_common(const RunComparison& comparison, const ComparisonView& view) {
  if (view.choice != RateChoice::common) return "";
  const std::string text = rates_named(comparison, view, &SchemeResult::short_rates);
  if (text.empty()) return "";
  return "another rate may be better for all, but more than a quarter of a scheme's seeds have no "
         "run there: " +
         text + "; start the sweep again to complete it";
}

/// Rates that are a scheme's best ones although they lack as many.
std::string chosen_by_luck(const RunComparison& comparison, const ComparisonView& view) {
  if (!is_at_best(view)) return "";
  const std::string text = rates_named(comparison, view, &SchemeResult::thin_rates);
  if (text.empty()) return "";
  return "not to be trusted, because more than a quarter of the scheme's seeds have no run at the "
         "rate that was chosen, and none has more: " +
         text + "; start the sweep again to complete it";
}

std::string too_few_to_halve(const RunComparison& comparison, const ComparisonView& view) {
  constexpr std::size_t kFewestToHalve = 4;
  std::string text;
  for (const SchemeResult& result : view.schemes) {
    if (result.scores.n >= kFewestToHalve) continue;
    text += (text.empty() ? "; fewer has " : ", ") + comparison.names.schemes[result.scheme];
  }
  return text;
}

std::string unpaired_text(const ComparisonView& view) {
  std::size_t unpaired = 0;
  for (const SchemePair& pair : view.pairs) unpaired = std::max(unpaired, pair.unpaired);
  if (unpaired == 0) return "";
  return "schemes have different seeds: pairs are made of those that both have, up to " +
         counted(unpaired, "run") + " of a pair unused";
}

}  // namespace

std::string view_title(const RunComparison& comparison, const ComparisonView& view) {
  const std::string& rate = comparison.request.rate;
  switch (view.choice) {
    case RateChoice::as_run:
      if (rate.empty()) return "As run";
      return "At " + rate + " = " + comparison.names.rates.front() + ", the only one in these runs";
    case RateChoice::other_half:
      return "Each scheme at its best " + rate +
             ", chosen for each half of the seeds on the other half";
    case RateChoice::same_seeds:
      return "Each scheme at its best " + rate + ", chosen on these very seeds";
    case RateChoice::common:
      return "All schemes at " + rate + " = " +
             comparison.names.rates[view.schemes.front().rates.front()] +
             ", on these seeds the best for all of them together";
  }
  throw std::logic_error("a choice of rates without a title");
}

std::vector<std::string> findings(const RunComparison& comparison, const MetricComparison& metric,
                                  const ComparisonView& view) {
  std::vector<std::string> sentences;
  std::size_t others = 0;
  std::size_t others_that_tell = 0;
  for (const SchemePair& pair : view.pairs) {
    const std::size_t best = view.schemes.front().scheme;
    if (!comparison.names.baseline && pair.first != best && pair.second != best) {
      ++others;
      if (pair.is_significant()) ++others_that_tell;
      continue;
    }
    sentences.push_back(PairWords(comparison, metric, view, pair).sentence());
  }
  if (others > 0) {
    sentences.push_back("of the other " + counted(others, "pair") + " " +
                        std::to_string(others_that_tell) +
                        (others_that_tell == 1 ? " differs" : " differ") + " (p <= 0.05, Holm)");
  }
  if (view.choice == RateChoice::as_run && comparison.request.rate == "train.lr") {
    sentences.emplace_back(
        "a comparison at a single train.lr mostly measures gradient scale: sweep it");
  }
  if (view.choice == RateChoice::same_seeds) {
    sentences.emplace_back(
        "figures at a rate chosen by themselves are too good, and have no interval: four seeds or "
        "more of every scheme can be halved" +
        too_few_to_halve(comparison, view));
  }
  for (std::string text :
       {at_the_edge(comparison, view), left_out(comparison, view), not_common(comparison, view),
        chosen_by_luck(comparison, view), unpaired_text(view)}) {
    if (!text.empty()) sentences.push_back(std::move(text));
  }
  return sentences;
}

}  // namespace initbench
