/// What the program's exit code says, and which error means which.
#pragma once

#include <exception>

namespace initbench {

/// An interrupt ends with 128 + the signal's number instead: 129, 130 or 143.
enum class ExitCode {
  done = 0,  // diverged runs included
  bug = 1,
  usage = 2,  // command line or config
  some_runs_failed = 3,
  data = 4,    // missing or corrupt
  output = 5,  // could not be written
};

/// Logs the error's messages, one line each, and says what to exit with. `context` ("FILE", or a
/// run's directory) goes before each message unless it is empty.
ExitCode log_error(const std::exception_ptr& error, const char* context = "");

}  // namespace initbench
