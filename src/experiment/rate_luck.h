/// What the luck of choosing learning rates adds to the intervals of figures at best rates.
///
/// Such a figure estimates its own mean over experiments like this one: other seeds, and rates
/// chosen on them anew. Student's interval sees the seeds alone, at the rates as they are. Seeds
/// drawn anew, with replacement, show how much more the figure varies when each draw chooses its
/// rates, and by that factor the interval is wider.
///
/// Measured, 95 % nominal, 6 to 20 seeds, 3 rates that are alike, rise or peak: differences of two
/// schemes are covered in 94.7 to 96.8 % (Student's alone: 85 to 95 %), means of normal scores in
/// 94 to 97 %, of skewed ones in 92 to 97 %; with 7 rates in 93 to 98 %, most where all are alike.
/// Differences of schemes that are best at opposite rates, with or without luck of a seed in
/// common, are covered in 94 to 97 %. Where seeds diverge at the best rate, as likely as 2 to 5 %
/// each, the intervals that are given hold in 94 to 97 %; they are given the less often, the more
/// seeds diverge (tests/experiment/rate_luck_test.cpp, at full size).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "experiment/rate_choice.h"
#include "experiment/sample_statistics.h"

namespace initbench {

/// Seeds by their place in a RateTable, drawn with replacement many times. As many seeds give the
/// same draws, so that figures of schemes whose tables have the same seeds are paired.
class SeedDraws {
 public:
  explicit SeedDraws(std::size_t seeds);

  std::size_t count() const { return places_.size(); }
  const std::vector<std::uint32_t>& operator[](std::size_t draw) const { return places_[draw]; }

 private:
  std::vector<std::vector<std::uint32_t>> places_;
};

/// A scheme at its best rates, halved, in every draw. The table and the draws must outlive it.
class RedrawnScheme {
 public:
  RedrawnScheme(const RateTable& table, const SeedDraws& draws);

  std::size_t draws() const { return draws_->count(); }
  /// Scores by place, NaN: no run; at the rates that all seeds chose, and at those of the draw.
  void scores_as_chosen(std::size_t draw, std::vector<double>& scores) const;
  void scores_chosen_anew(std::size_t draw, std::vector<double>& scores) const;

 private:
  void scores_at(const HalfRates& rates, std::size_t draw, std::vector<double>& scores) const;

  const RateTable* table_;
  const SeedDraws* draws_;
  HalfRates chosen_;
  std::vector<HalfRates> chosen_anew_;
};

/// `mean` or `interquartile_mean` of scores, or of differences.
using Figure = std::optional<double> (*)(std::span<const double> scores);

/// By what factor the interval of a scheme's figure is to be wider, at least 1. Empty when that
/// cannot be said: in more draws than an interval leaves out at an end there is no figure.
std::optional<double> widening(const RedrawnScheme& scheme, Figure figure);

/// Likewise of the figure of the differences of two schemes within seeds.
std::optional<double> widening(const RedrawnScheme& a, const RedrawnScheme& b, Figure figure);

/// Wider about its middle; empty when either is.
std::optional<Interval> widened(const std::optional<Interval>& interval,
                                const std::optional<double>& factor);

}  // namespace initbench
