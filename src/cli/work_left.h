/// How much of the work on several runs is left, and how long it will take.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace initbench {

/// Not safe to share between threads.
class WorkLeft {
 public:
  /// What each run takes, in any unit; 0 for one that is finished already.
  explicit WorkLeft(std::vector<double> weights);

  /// A share of the run is done, from 0 to 1. The first one of a run is where it was found: a
  /// checkpoint's work took none of this time.
  void reach(std::size_t run, double share);
  /// The run has taken all of its steps.
  void complete(std::size_t run);
  /// The run will take no more steps: it failed, or was interrupted.
  void drop(std::size_t run);

  std::size_t runs() const { return weights_.size(); }
  std::size_t ended() const { return ended_; }
  /// From 0 to 1.
  double share_done() const;
  /// At the pace of so many seconds until now; empty while nothing is known.
  std::optional<double> seconds_left(double elapsed) const;

 private:
  void advance(std::size_t run, double share);

  std::vector<double> weights_;
  std::vector<double> shares_;  // done of each run
  std::vector<bool> has_begun_;
  double whole_ = 0;  // all weights
  double done_ = 0;   // of them
  double found_ = 0;  // of what is done: before, or never to be done
  std::size_t ended_ = 0;
};

}  // namespace initbench
