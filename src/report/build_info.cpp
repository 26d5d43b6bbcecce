// The INITBENCH_ names below are defined for this file alone, in CMakeLists.txt.
#include "report/build_info.h"

#include <fstream>

namespace initbench {

const BuildInfo& build_info() {
  static constexpr BuildInfo kInfo{
      .version = INITBENCH_VERSION, .compiler = INITBENCH_COMPILER, .flags = INITBENCH_FLAGS};
  return kInfo;
}

std::string program_text() {
  const BuildInfo& build = build_info();
  return "initbench " + std::string(build.version) + " (" + std::string(build.compiler) + ", " +
         std::string(build.flags) + ")";
}

namespace {

std::string read_processor_model() {
  constexpr std::string_view kKey = "model name";
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kKey)) continue;
    const std::size_t begin = line.find_first_not_of(": \t", kKey.size());
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

}  // namespace

std::string processor_model() {
  static const std::string kModel = read_processor_model();  // the file is long: once is enough
  return kModel;
}

}  // namespace initbench
