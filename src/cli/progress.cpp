#include "cli/progress.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
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
    : line_(line), has_begun_(weights.size(), 0), work_(std::move(weights)) {}

Progress::~Progress() {
  if (line_) std::fputs("\r\033[K", stderr);
}

void Progress::step(std::size_t run, std::int64_t step, std::int64_t total, double loss) {
  if (has_begun_.size() == 1) log_loss(step, total, loss);
  if (!line_ && has_begun_[run] != 0) return;
  const std::lock_guard lock(mutex_);
  has_begun_[run] = 1;
  work_.reach(run, total > 0 ? static_cast<double>(step) / static_cast<double>(total) : 1.0);
  if (!line_) return;
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count();
  if (now < next_draw_) return;
  next_draw_ = now + kMillisecondsBetweenDraws;
  draw(step, total, loss);
}

void Progress::ended(std::size_t run, const std::string& outcome, bool was_completed) {
  const std::lock_guard lock(mutex_);
  if (was_completed) {
    work_.complete(run);
  } else {
    work_.drop(run);
  }
  if (work_.runs() == 1) return;
  const std::string left = work_.ended() < work_.runs() ? time_left() : "";
  spdlog::info("[{}/{}] {}{}{}", work_.ended(), work_.runs(), outcome, left.empty() ? "" : "; ",
               left);
}

std::string Progress::time_left() const {
  const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
  const std::optional<double> left = work_.seconds_left(elapsed);
  return left ? "about " + duration_text(*left) + " left" : "";
}

void Progress::log_loss(std::int64_t step, std::int64_t total, double loss) const {
  const std::int64_t tenth = std::max<std::int64_t>(total / kLossLines, 1);
  if (step % tenth != 0) return;
  spdlog::info("step {:>{}}/{}  loss {}", step, std::to_string(total).size(), total,
               short_number(loss));
}

void Progress::draw(std::int64_t step, std::int64_t total, double loss) {
  std::string text = "\r\033[K[";
  text.append(bar(work_.share_done())).append("]");
  if (work_.runs() == 1) {
    text += " step " + std::to_string(step) + "/" + std::to_string(total) + "  loss " +
            short_number(loss);
  } else {
    text += " run " + std::to_string(work_.ended()) + "/" + std::to_string(work_.runs());
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
