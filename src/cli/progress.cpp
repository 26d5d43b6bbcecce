#include "cli/progress.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>

#include "report/text_table.h"

namespace initbench {
namespace {

constexpr std::int64_t kMillisecondsBetweenDraws = 100;
constexpr std::int64_t kLossLines = 10;
constexpr std::size_t kBarWidth = 24;

std::string bar(double share) {
  std::string text(kBarWidth, '.');
  const auto filled = static_cast<std::size_t>(std::lround(share * static_cast<double>(kBarWidth)));
  std::fill_n(text.begin(), std::min(filled, text.size()), '#');
  return text;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

}  // namespace

Progress::Progress(std::vector<double> weights, bool line)
    : line_(line),
      weights_(std::move(weights)),
      shares_(weights_.size(), 0.0),
      has_begun_(weights_.size(), 0),
      whole_(std::accumulate(weights_.begin(), weights_.end(), 0.0)) {}

Progress::~Progress() {
  if (line_) std::fputs("\r\033[K", stderr);
}

void Progress::step(std::size_t run, std::int64_t step, std::int64_t total, double loss) {
  if (shares_.size() == 1) log_loss(step, total, loss);
  if (!line_ && has_begun_[run] != 0) return;
  const std::lock_guard lock(mutex_);
  const double before = done_;
  advance(run, total > 0 ? static_cast<double>(step) / static_cast<double>(total) : 1.0);
  if (std::exchange(has_begun_[run], 1) == 0) found_ += done_ - before;
  if (!line_) return;
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count();
  if (now < next_draw_) return;
  next_draw_ = now + kMillisecondsBetweenDraws;
  draw(step, total, loss);
}

void Progress::ended(std::size_t run, const std::string& outcome, bool was_completed) {
  const std::lock_guard lock(mutex_);
  const double before = done_;
  advance(run, 1);
  if (!was_completed) found_ += done_ - before;
  ++ended_;
  if (shares_.size() == 1) return;
  const std::string left = ended_ < shares_.size() ? time_left() : "";
  spdlog::info("[{}/{}] {}{}{}", ended_, shares_.size(), outcome, left.empty() ? "" : "; ", left);
}

void Progress::advance(std::size_t run, double share) {
  done_ += weights_[run] * (share - shares_[run]);
  shares_[run] = share;
}

std::string Progress::time_left() const {
  const double done_here = done_ - found_;
  if (!(done_here > 0)) return "";
  const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
  return "about " + duration_text(std::max(elapsed * (whole_ - done_) / done_here, 0.0)) + " left";
}

void Progress::log_loss(std::int64_t step, std::int64_t total, double loss) const {
  const std::int64_t tenth = std::max<std::int64_t>(total / kLossLines, 1);
  if (step % tenth != 0) return;
  spdlog::info("step {:>{}}/{}  loss {}", step, std::to_string(total).size(), total,
               short_number(loss));
}

void Progress::draw(std::int64_t step, std::int64_t total, double loss) {
  std::string text = "\r\033[K[";
  text.append(bar(whole_ > 0 ? done_ / whole_ : 1.0)).append("]");
  if (shares_.size() == 1) {
    text += " step " + std::to_string(step) + "/" + std::to_string(total) + "  loss " +
            short_number(loss);
  } else {
    text += " run " + std::to_string(ended_) + "/" + std::to_string(shares_.size());
  }
  text.append("  ").append(time_left());
  std::fputs(text.c_str(), stderr);
}

void show_part(bool line, const std::string& name, std::size_t done, std::size_t total) {
  constexpr std::size_t kLines = 10;
  if (done == 0) return spdlog::info("{}: {}, --jobs at a time", name, total);
  const double share = static_cast<double>(done) / static_cast<double>(total);
  if (line) {
    std::string text = "\r\033[K";
    if (done < total) {
      text.append("[").append(bar(share)).append("] ").append(std::to_string(done));
      text.append("/").append(std::to_string(total)).append("  ").append(name);
    }
    std::fputs(text.c_str(), stderr);
  } else if (total > kLines && done * kLines / total != (done - 1) * kLines / total) {
    spdlog::info("[{}/{}] {}", done, total, name);
  }
}

}  // namespace initbench
