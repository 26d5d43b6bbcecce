/// What the command line said, by command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "experiment/sweep.h"
#include "report/compare_runs.h"

namespace initbench {

/// The bare form: `initbench --config FILE...`.
struct RunArguments {
  std::vector<std::string> configs;
  std::vector<std::string> overrides;  // PATH=VALUE
  std::vector<std::string> sweeps;     // PATH=a,b,c
  std::optional<std::uint64_t> seed;
  std::optional<std::string> seeds;  // A..B
  std::size_t max_runs = kMostRuns;
  std::optional<std::string> shard;  // I/N or auto
  std::string out = "runs";
  int jobs = 1;
  int threads = 1;
  std::string checkpoint_every = "10min";
  bool force = false;
  bool fail_fast = false;
  bool dry_run = false;
  bool print_config = false;
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;
};

struct CheckArguments {
  std::vector<std::string> files;
};

struct ListArguments {
  std::string subject;  // empty: all
  bool json = false;
  bool markdown = false;
};

struct GainArguments {
  std::vector<std::string> activations;  // empty: all
  double q = 1;
  std::optional<double> sigma_b;
  bool json = false;
  bool markdown = false;
  bool csv = false;
};

struct CompareArguments {
  CompareRequest request;
  std::string out = ".";
  bool json = false;
  bool markdown = false;
};

struct MergeArguments {
  std::string folder;
  std::vector<std::string> accuracies{"0.5", "0.9", "0.95"};
  bool seconds = false;
};

struct TheoryArguments {
  RunArguments run;  // which configs and seeds; where to write
  bool phase_diagram = false;
  std::string activation = "tanh";
  std::string sigma_w2 = "0.5..4/36";
  std::string sigma_b2 = "0..0.5/11";
};

struct RecommendArguments {
  RunArguments run;  // which config and seeds
  bool train = false;
  std::int64_t train_steps = 0;  // 0: the config's, at most 200
  std::string rates;             // numbers between commas; empty: around the config's
  std::size_t candidates = 4;    // that are trained
  bool print_config = false;
  bool json = false;
  bool markdown = false;
};

struct Arguments {
  RunArguments run;
  CheckArguments check;
  ListArguments list;
  GainArguments gain;
  CompareArguments compare;
  MergeArguments merge;
  TheoryArguments theory;
  RecommendArguments recommend;
};

}  // namespace initbench
