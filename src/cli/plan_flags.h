/// The flags of commands that run or draw the networks of configs.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace initbench {

void declare_run(CLI::App& app, RunArguments& run);
void declare_theory(CLI::App& app, Arguments& arguments);
void declare_recommend(CLI::App& app, Arguments& arguments);

}  // namespace initbench
