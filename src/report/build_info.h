/// What made this program and what it runs on, for `run.json` and --version.
#pragma once

#include <string>
#include <string_view>

namespace initbench {

struct BuildInfo {
  std::string_view version;   // of initbench
  std::string_view compiler;  // "GNU 12.2.0"
  std::string_view flags;     // of an optimized build: what numbers may depend on
};

const BuildInfo& build_info();

/// "initbench 0.1.0 (GNU 12.2.0, -O3)".
std::string program_text();

/// The processor's name from /proc/cpuinfo; empty when it is not known.
std::string processor_model();

}  // namespace initbench
