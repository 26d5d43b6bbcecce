/// How far the runs are, on standard error: a line that redraws itself on a terminal, and a few
/// lines of log that show a single run's loss falling.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "cli/work_left.h"

namespace initbench {

class Progress {
 public:
  /// `weights`: what each run takes, in any unit; 0 for one that is finished already. `line`:
  /// whether to draw the line that redraws itself.
  Progress(std::vector<double> weights, bool line);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// One more step of run number `run` begins; safe to call from the runs' threads.
  void step(std::size_t run, std::int64_t step, std::int64_t total, double loss);
  /// The run ended, `outcome` says how; `was_completed`: its steps were all taken here, or before.
  void ended(std::size_t run, const std::string& outcome, bool was_completed);

 private:
  using Clock = std::chrono::steady_clock;

  void log_loss(std::int64_t step, std::int64_t total, double loss) const;
  void draw(std::int64_t step, std::int64_t total, double loss);
  /// "about 3 min left", or "" while nothing is known.
  std::string time_left() const;

  const bool line_;
  const Clock::time_point started_ = Clock::now();
  std::vector<char> has_begun_;  // each is read and set by its run's thread alone
  std::mutex mutex_;             // guards what follows
  std::int64_t next_draw_ = 0;   // milliseconds since the start
  WorkLeft work_;
};

/// How far one of several kinds of work is, of which nothing is known before it begins: a line, or
/// a few lines of log.
void show_part(bool line, const std::string& name, std::size_t done, std::size_t total);

}  // namespace initbench
