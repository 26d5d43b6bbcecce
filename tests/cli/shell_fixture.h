/// Runs the built program from a shell in a folder of its own.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "report/folder_fixture.h"

namespace initbench::testing {

struct ShellResult {
  int exit_code = 0;  // -1: ended by a signal
  std::string output;
  std::string errors;

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    std::istringstream stream(output);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
  std::string last_line() const { return lines().empty() ? "" : lines().back(); }
};

class ShellTest : public FolderTest {
 protected:
  /// A shell command in which $initbench is the program; standard output and standard error are
  /// captured unless the command sends them elsewhere.
  ShellResult shell(const std::string& command) const {
    const std::string line = "cd '" + folder().string() +
                             "' && initbench='" INITBENCH_PROGRAM "'; { " + command +
                             "; } >.stdout 2>.stderr </dev/null";
    const int status = std::system(line.c_str());
    return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            .output = content_of(folder() / ".stdout"),
            .errors = content_of(folder() / ".stderr")};
  }

  ShellResult initbench(const std::string& arguments) const {
    return shell("\"$initbench\" " + arguments);
  }

  /// A config that trains in milliseconds; `changes` are further top-level fields.
  std::string small_config(const std::string& name = "small.json") const {
    write_text(folder() / name, R"({
      "data": {"dataset": "blobs", "train_size": 200, "test_size": 50},
      "model": {"layers": [{"type": "dense", "units": 16, "repeat": 2}, {"type": "output"}]},
      "train": {"lr": 0.1, "batch_size": 32, "steps": 30},
      "log": {"every": 5}
    })");
    return name;
  }
};

}  // namespace initbench::testing
