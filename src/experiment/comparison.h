/// Schemes against each other, over runs that differ in scheme, learning rate and seed.
///
/// A comparison at a single learning rate mostly measures gradient scale, so schemes are set side
/// by side twice: each at its best rate, and all at a common one. Figures at a best rate that was
/// chosen by those same figures are too good; here the rate of one half of the seeds is chosen on
/// the other half, and both p (experiment/rate_choice.h) and the intervals (experiment/rate_luck.h)
/// account for what that choice does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/paired_statistics.h"
#include "experiment/sample_statistics.h"

namespace initbench {

/// One run, or the mean of the runs of one seed over what is pooled.
struct ComparedRun {
  std::size_t scheme = 0;  // index into the names of the comparison
  std::size_t rate = 0;    // likewise
  std::uint64_t seed = 0;
  double score = 0;  // more is better; -infinity: diverged, or never reached
  bool diverged = false;
  std::optional<bool> trains;  // empty: cannot be judged
};

struct ComparisonNames {
  std::vector<std::string> schemes;
  std::vector<std::string> rates;  // rising; one when the rate does not vary
  std::optional<std::size_t> baseline;
};

/// How the rate of a scheme came about.
enum class RateChoice {
  as_run,      // there is one
  other_half,  // the best one on the other half of the seeds
  same_seeds,  // the best one on these very seeds, of which a scheme has too few to halve
  common,      // one for all schemes
};

struct SchemeResult {
  std::size_t scheme = 0;
  std::vector<std::size_t> rates;  // where the scores are from; two if the halves disagree
  std::size_t lowest_rate = 0;     // that could be chosen
  std::size_t highest_rate = 0;
  std::vector<std::size_t> short_rates;  // with too few of the seeds to be chosen, but some
  std::vector<std::size_t> thin_rates;   // chosen, with as few, since no rate has more
  SampleStatistics scores;
  std::size_t diverged = 0;
  std::size_t unreached = 0;  // not diverged, yet without a figure
  std::size_t trained = 0;
  std::size_t judged = 0;  // runs of which it is known whether they train
};

/// Runs that rank worst because they have no figure.
struct WithoutFigure {
  std::size_t diverged = 0;
  std::size_t unreached = 0;  // not diverged, yet without a figure
};

/// What p is of.
enum class PairTest {
  signed_rank,  // Wilcoxon's, at rates that are given
  student,      // of the mean at best rates, with the interval's standard error
  exchanges,    // at best rates where the mean has no interval; see p_at_best_rates
};

struct SchemePair {
  std::size_t first = 0;
  std::size_t second = 0;  // the baseline, if there is one
  WithoutFigure of_first;  // among the pairs
  WithoutFigure of_second;
  std::size_t unpaired = 0;     // seeds that only one of the two has
  PairedStatistics statistics;  // none of its figures holds without pairs
  PairTest test = PairTest::signed_rank;
  double shift = 0;  // of Student's test: mean by deviation, the latter widened as the interval
  double p_adjusted = 1;               // Holm, over all pairs of the view
  double level = kSignificance;        // that p must reach at its place in Holm's order
  std::optional<double> pairs_needed;  // for an effect of this size; when it is not significant

  bool is_significant() const { return p_adjusted <= kSignificance; }
};

/// The schemes side by side.
struct ComparisonView {
  RateChoice choice = RateChoice::as_run;
  std::vector<SchemeResult> schemes;  // the best interquartile mean first
  std::vector<SchemePair> pairs;      // all, or all with the baseline
};

/// At each scheme's best rate, then at a common one if all schemes have one; a single view when the
/// rate does not vary. At most one run per scheme, rate and seed, at least one per scheme.
std::vector<ComparisonView> compare_schemes(std::span<const ComparedRun> runs,
                                            const ComparisonNames& names);

}  // namespace initbench
