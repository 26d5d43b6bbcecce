#include "experiment/rate_luck.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace initbench {
namespace {

constexpr std::size_t kDraws = 1000;  // the factor is then known to about 2 %

double deviation(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

void drop_missing(std::vector<double>& values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
}

/// A figure of every draw that has one, at either choice of rates.
class FigurePairs {
 public:
  explicit FigurePairs(Figure figure) : figure_(figure) {}

  void add(std::vector<double>& as_chosen, std::vector<double>& chosen_anew) {
    ++draws_;
    drop_missing(as_chosen);
    drop_missing(chosen_anew);
    const std::optional<double> stays = figure_(as_chosen);
    const std::optional<double> anew = figure_(chosen_anew);
    if (!stays || !anew) return;
    as_chosen_.push_back(*stays);
    chosen_anew_.push_back(*anew);
  }

  std::optional<double> widening() const {
    const auto without = static_cast<double>(draws_ - as_chosen_.size());
    if (without > (1 - kConfidence) / 2 * static_cast<double>(draws_)) return std::nullopt;
    const double anew = deviation(chosen_anew_);
    const double stays = deviation(as_chosen_);
    if (anew <= stays) return 1;
    if (stays == 0) return std::nullopt;
    return anew / stays;
  }

 private:
  Figure figure_;
  std::size_t draws_ = 0;
  std::vector<double> as_chosen_;
  std::vector<double> chosen_anew_;
};

/// Where both diverged the difference is no figure, and no missing run either.
void subtract(std::vector<double>& scores, const std::vector<double>& others) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isinf(scores[i]) || !std::isinf(others[i])) scores[i] -= others[i];
  }
}

}  // namespace

SeedDraws::SeedDraws(std::size_t seeds) : places_(kDraws, std::vector<std::uint32_t>(seeds)) {
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "seeds drawn anew"});
  for (std::vector<std::uint32_t>& places : places_) {
    for (std::uint32_t& place : places) {
      place = static_cast<std::uint32_t>(rng.below(static_cast<Index>(seeds)));
    }
  }
}

RedrawnScheme::RedrawnScheme(const RateTable& table, const SeedDraws& draws)
    : table_(&table), draws_(&draws), chosen_(best_rates(table)) {
  RateTable drawn = table;
  chosen_anew_.reserve(draws.count());
  for (std::size_t draw = 0; draw < draws.count(); ++draw) {
    const std::vector<std::uint32_t>& places = draws[draw];
    for (std::size_t rate = 0; rate < table.size(); ++rate) {
      for (std::size_t i = 0; i < places.size(); ++i) drawn[rate][i] = table[rate][places[i]];
    }
    chosen_anew_.push_back(best_rates(drawn));
  }
}

void RedrawnScheme::scores_as_chosen(std::size_t draw, std::vector<double>& scores) const {
  scores_at(chosen_, draw, scores);
}

void RedrawnScheme::scores_chosen_anew(std::size_t draw, std::vector<double>& scores) const {
  scores_at(chosen_anew_[draw], draw, scores);
}

void RedrawnScheme::scores_at(const HalfRates& rates, std::size_t draw,
                              std::vector<double>& scores) const {
  const std::vector<std::uint32_t>& places = (*draws_)[draw];
  scores.resize(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    scores[i] = (*table_)[i % 2 == 0 ? rates.of_even : rates.of_odd][places[i]];
  }
}

std::optional<double> widening(const RedrawnScheme& scheme, Figure figure) {
  FigurePairs figures(figure);
  std::vector<double> stays;
  std::vector<double> anew;
  for (std::size_t draw = 0; draw < scheme.draws(); ++draw) {
    scheme.scores_as_chosen(draw, stays);
    scheme.scores_chosen_anew(draw, anew);
    figures.add(stays, anew);
  }
  return figures.widening();
}

std::optional<double> widening(const RedrawnScheme& a, const RedrawnScheme& b, Figure figure) {
  FigurePairs figures(figure);
  std::vector<double> stays;
  std::vector<double> anew;
  std::vector<double> other;
  for (std::size_t draw = 0; draw < a.draws(); ++draw) {
    a.scores_as_chosen(draw, stays);
    b.scores_as_chosen(draw, other);
    subtract(stays, other);
    a.scores_chosen_anew(draw, anew);
    b.scores_chosen_anew(draw, other);
    subtract(anew, other);
    figures.add(stays, anew);
  }
  return figures.widening();
}

std::optional<Interval> widened(const std::optional<Interval>& interval,
                                const std::optional<double>& factor) {
  if (!interval || !factor) return std::nullopt;
  const double middle = interval->low + (interval->high - interval->low) / 2;
  const double half = (interval->high - interval->low) / 2 * *factor;
  return Interval{.low = middle - half, .high = middle + half};
}

}  // namespace initbench
