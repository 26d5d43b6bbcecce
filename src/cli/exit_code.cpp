#include "cli/exit_code.h"

#include <spdlog/spdlog.h>

#include <new>
#include <string>

#include "base/errors.h"

namespace initbench {

ExitCode log_error(const std::exception_ptr& error, const char* context) {
  const std::string before = *context == '\0' ? "" : std::string(context) + ": ";
  try {
    std::rethrow_exception(error);
  } catch (const ConfigError& failure) {
    for (const ConfigIssue& issue : failure.issues()) {
      const bool names_file = !before.empty() && (issue.place + ": ").starts_with(before);
      spdlog::error("{}{}{}{}", names_file ? "" : before, issue.place,
                    issue.place.empty() ? "" : ": ", issue.message);
    }
    return ExitCode::usage;
  } catch (const DataError& failure) {
    spdlog::error("{}{}", before, failure.what());
    return ExitCode::data;
  } catch (const OutputError& failure) {
    spdlog::error("{}", failure.what());  // starts with its own path
    return ExitCode::output;
  } catch (const std::bad_alloc&) {
    spdlog::error(
        "{}not enough memory; make the network, the batch or the data smaller, or run "
        "fewer jobs (--dry-run estimates what a run needs)",
        before);
    return ExitCode::usage;
  } catch (const std::exception& failure) {
    spdlog::error("{}this is a bug in initbench, please report it: {}", before, failure.what());
    return ExitCode::bug;
  }
}

}  // namespace initbench
