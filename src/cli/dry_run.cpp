#include "cli/dry_run.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "experiment/run_all.h"
#include "nn/network_cost.h"
#include "report/run_directory.h"
#include "report/text_table.h"

namespace initbench {
namespace {

constexpr double kGiga = 1e9;
// Of one core, for middling layers; small ones are slower, wide ones two or three times as fast.
constexpr double kTypicalSpeed = 50 * kGiga;

/// Numbers that an optimizer keeps for each parameter.
Index numbers_kept(const OptimizerSpec& optimizer) {
  switch (optimizer.kind) {
    case OptimizerKind::sgd: return optimizer.momentum > 0 ? 1 : 0;
    case OptimizerKind::rmsprop: return optimizer.momentum > 0 ? 2 : 1;
    case OptimizerKind::adam:
    case OptimizerKind::adamw: return 2;
  }
  return 2;
}

/// Bytes of one training: parameters, their gradient, their copy of logged steps, the optimizer's
/// state; values and gradients of every node for a batch. Convolution's own work space is not in.
double training_bytes(const ExperimentConfig& config, const Network& network, Index train_size) {
  Index features = 0;
  for (const Node& node : network.nodes()) features += node.shape.features();
  const Index batch = std::min(config.train.batch_size, train_size);
  const Index per_parameter = 3 + numbers_kept(config.train.optimizer);
  const Index numbers = network.values().size() * per_parameter + 2 * features * batch;
  return static_cast<double>(numbers) * sizeof(Scalar);
}

double data_bytes(const Dataset& set) {
  const double numbers = static_cast<double>(set.values.size() + set.targets.size());
  return static_cast<double>(set.bytes.size()) + numbers * sizeof(Scalar) +
         static_cast<double>(set.labels.size() * sizeof(std::int32_t));
}

std::string mebibytes(double bytes) {
  std::string text = short_number(bytes / (1 << 20));
  text += " MiB";
  return text;
}

}  // namespace

std::string describe_plan(std::span<const Trial> trials, const std::string& out, DataCache& cache) {
  check_plan(trials, cache);
  std::vector<SweepPoint> swept;
  for (const Trial& trial : trials) swept.push_back(trial.swept);
  std::vector<TextColumn> columns = swept_columns(swept);
  const std::size_t first = columns.size();
  columns.insert(columns.end(), {{"seed", Align::right, {}},
                                 {"parameters", Align::right, {}},
                                 {"steps", Align::right, {}},
                                 {"GFLOP", Align::right, {}},
                                 {"training", Align::right, {}},
                                 {"data", Align::right, {}},
                                 {"state", Align::left, {}},
                                 {"directory", Align::left, {}}});
  double left = 0;
  std::size_t unfinished = 0;
  for (const Trial& trial : trials) {
    const DataCache::Lease data = cache.get(trial.config);
    const Network network = build_network(trial.config, data->train);
    const std::string directory = run_directory_path(out, trial.config.name, trial.run_id);
    const TrainSpec spec = train_spec(trial.config, data->train);
    const double flops = training_flops(network) * static_cast<double>(spec.batch_size) *
                         static_cast<double>(spec.steps);
    const bool finished = finished_run(directory).has_value();
    if (!finished) left += flops;
    if (!finished) ++unfinished;
    const std::array<std::string, 8> cells{
        std::to_string(trial.config.seed),
        std::to_string(network.values().size()),
        std::to_string(spec.steps),
        short_number(flops / kGiga),
        mebibytes(training_bytes(trial.config, network, data->train.size)),
        mebibytes(data_bytes(data->train) + data_bytes(data->test)),
        finished ? "finished" : "to run",
        directory};
    for (std::size_t i = 0; i < cells.size(); ++i) columns[first + i].cells.push_back(cells[i]);
  }
  std::string text;
  for (const std::string& line : aligned(columns)) text.append(line).append("\n");
  return text + std::to_string(unfinished) + " of " + std::to_string(trials.size()) +
         " runs to do, " + short_number(left / kGiga) + " GFLOP of training; at " +
         short_number(kTypicalSpeed / kGiga) + " GFLOP/s a job about " +
         short_number(left / kTypicalSpeed) + " s of one processor core\n";
}

}  // namespace initbench
