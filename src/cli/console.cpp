#include "cli/console.h"

#include <fcntl.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>

#include "base/errors.h"

namespace initbench {
namespace {

bool colours_are_wanted() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  const bool refused = no_colour != nullptr && *no_colour != '\0';
  return !refused && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

/// Reading from what should be written fails, as it should for a closed standard output.
void open_if_closed(int descriptor, int flags) {
  if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) return;
  const int opened = ::open("/dev/null", flags);  // takes the lowest free number: this one
  static_cast<void>(opened);
}

}  // namespace

void prepare_standard_streams() {
  open_if_closed(STDIN_FILENO, O_RDONLY);
  open_if_closed(STDOUT_FILENO, O_RDONLY);
  open_if_closed(STDERR_FILENO, O_WRONLY);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void set_up_log(Verbosity verbosity, bool progress_line) {
  const auto colour =
      colours_are_wanted() ? spdlog::color_mode::automatic : spdlog::color_mode::never;
  const auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colour);
  auto logger = std::make_shared<spdlog::logger>("initbench", sink);
  logger->set_pattern(progress_line ? "\r\033[K%^%l%$: %v" : "%^%l%$: %v");
  switch (verbosity) {
    case Verbosity::quiet: logger->set_level(spdlog::level::err); break;
    case Verbosity::normal: logger->set_level(spdlog::level::info); break;
    case Verbosity::verbose: logger->set_level(spdlog::level::debug); break;
  }
  spdlog::set_default_logger(std::move(logger));
}

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) return;
      throw OutputError("standard output",
                        "cannot be written: " + std::generic_category().message(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

bool stdout_has_colour() { return ::isatty(STDOUT_FILENO) == 1 && colours_are_wanted(); }

}  // namespace initbench
