#include "cli/work_left.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace initbench {

WorkLeft::WorkLeft(std::vector<double> weights)
    : weights_(std::move(weights)),
      shares_(weights_.size(), 0.0),
      has_begun_(weights_.size(), false),
      whole_(std::accumulate(weights_.begin(), weights_.end(), 0.0)) {}

void WorkLeft::reach(std::size_t run, double share) {
  const double before = done_;
  advance(run, share);
  if (!has_begun_[run]) found_ += done_ - before;
  has_begun_[run] = true;
}

void WorkLeft::complete(std::size_t run) {
  advance(run, 1);
  ++ended_;
}

void WorkLeft::drop(std::size_t run) {
  const double before = done_;
  advance(run, 1);
  found_ += done_ - before;
  ++ended_;
}

double WorkLeft::share_done() const { return whole_ > 0 ? done_ / whole_ : 1.0; }

std::optional<double> WorkLeft::seconds_left(double elapsed) const {
  const double done_here = done_ - found_;
  if (!(done_here > 0)) return std::nullopt;
  return std::max(elapsed * (whole_ - done_) / done_here, 0.0);
}

void WorkLeft::advance(std::size_t run, double share) {
  done_ += weights_[run] * (share - shares_[run]);
  shares_[run] = share;
}

}  // namespace initbench
