/// Standard output and standard error as this program uses them: products to the one, logs and
/// progress to the other.
#pragma once

#include <string_view>

namespace initbench {

enum class Verbosity { quiet, normal, verbose };

/// Opens what the caller closed of the three standard streams, so that no file of a run takes their
/// place, and lets a reader that went away (`| head`) or a file size limit be errors that can be
/// handled instead of signals that kill.
void prepare_standard_streams();

/// Sends logs to standard error. `progress_line`: each message first wipes the current line.
void set_up_log(Verbosity verbosity, bool progress_line);

/// Writes to standard output. A reader that went away is no error: nothing more is written.
/// Anything else that prevents it is an OutputError.
void print(std::string_view text);

bool stderr_is_terminal();
/// On a terminal, unless NO_COLOR is set (no-color.org) or the terminal is dumb.
bool stdout_has_colour();

}  // namespace initbench
