/// Runs to compare, with figures as tests want them.
#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "report/compare_runs.h"
#include "report/recorded_runs.h"

namespace initbench::testing {

using Json = nlohmann::ordered_json;

/// Two schemes, as many seeds, `more` axes.
inline std::string sweep(const std::string& more = "", const std::string& seeds = "0..2") {
  return R"({"name": "tiny", "data": {"dataset": "blobs", "train_size": 40, "test_size": 10},
    "model": {"layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
    "train": {"lr": 0.1, "batch_size": 20, "steps": 2},
    "sweep": {"grid": {"model.init": ["kaiming_normal", "orthogonal"])" +
         more + R"(, "seed": ")" + seeds + R"("}}})";
}

inline std::string plain_config(const std::string& name, const std::string& init, int steps) {
  return R"({"name": ")" + name + R"(",
    "data": {"dataset": "blobs", "train_size": 40, "test_size": 10},
    "model": {"init": ")" +
         init + R"(", "layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
    "train": {"batch_size": 20, "steps": )" +
         std::to_string(steps) + "}}";
}

class CompareRunsTest : public RecordedRunsTest {
 protected:
  CompareRequest request() const { return {.folders = {out()}, .by = {"model.init"}}; }

  std::string refusal(const CompareRequest& asked) const {
    return message_of<ConfigError>([&] { compare_runs(asked); });
  }

  /// Changes the run's run.json.
  template <class Change>
  void edit(const Trial& trial, Change change) const {
    const std::string path = folder_of(trial) + "/run.json";
    Json run = Json::parse(content_of(path));
    change(run);
    write_text(path, run.dump());
  }

  void set_accuracy(const Trial& trial, double accuracy) const {
    edit(trial, [accuracy](Json& run) { run["final"]["test"]["accuracy"] = accuracy; });
  }

  void diverge(const Trial& trial) const {
    edit(trial, [](Json& run) {
      run["status"] = "diverged";
      run["divergence"] = {{"step", 1}, {"layer", "dense1"}, {"tensor", "weight"}};
    });
  }
};

}  // namespace initbench::testing
