/// Real runs of a tiny sweep in a temporary folder, for tests of what reads runs back.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/planned_trials.h"
#include "report/folder_fixture.h"
#include "report/plan_file.h"
#include "report/record_run.h"
#include "report/run_directory.h"

namespace initbench::testing {

/// Two schemes times two seeds; a run trains in about a millisecond.
inline constexpr std::string_view kTinySweep = R"({
  "name": "tiny",
  "data": {"dataset": "blobs", "train_size": 40, "test_size": 10, "classes": 3},
  "model": {"init": "kaiming_normal",
            "layers": [{"type": "dense", "units": 4, "repeat": 2}, {"type": "output"}]},
  "train": {"lr": 0.1, "batch_size": 20, "steps": 4},
  "log": {"every": 2},
  "sweep": {"grid": {"model.init": ["kaiming_normal", {"scheme": "orthogonal", "gain": 2}],
                     "seed": "0..1"}}
})";

class RecordedRunsTest : public FolderTest {
 protected:
  std::string out() const { return path("runs"); }

  static std::vector<Trial> trials_of(std::string_view config = kTinySweep) {
    return planned_trials(config);
  }

  void write_plan_of(std::span<const Trial> trials) const {
    std::vector<PlannedRun> runs;
    for (const Trial& trial : trials) runs.push_back(planned_run(trial.config, trial.swept));
    write_plan(out(), runs);
  }

  /// Runs the trial and returns its folder.
  std::string record(const Trial& trial) const {
    DataCache cache;
    return record_run(trial, {.out = out()}, cache, {}).directory;
  }

  std::string folder_of(const Trial& trial) const {
    return run_directory_path(out(), trial.config.name, trial.run_id);
  }

  /// Runs all of them.
  std::vector<Trial> record_all(std::string_view config = kTinySweep) const {
    std::vector<Trial> trials = trials_of(config);
    for (const Trial& trial : trials) record(trial);
    return trials;
  }
};

/// What the error that the action must throw says.
template <class Error, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "throws nothing";
  return "";
}

}  // namespace initbench::testing
