/// From argc and argv to the exit code: flags, subcommands, and what an error ends with.
#pragma once

namespace initbench {

int run_command_line(int argc, const char* const* argv);

}  // namespace initbench
