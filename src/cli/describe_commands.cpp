// check, list, schema: commands that tell and run nothing.
#include <spdlog/spdlog.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "experiment/config_json.h"
#include "experiment/data_cache.h"
#include "experiment/run_all.h"
#include "experiment/trial.h"
#include "report/catalogue.h"

namespace initbench {
namespace {

/// Says that the file is right, or logs everything that is wrong with it.
ExitCode check_file(const std::string& file, DataCache& cache) {
  try {
    const SweepPlan plan = plan_sweep_file(file);
    const auto read = [&](std::size_t index) { return read_trial(plan.source, plan.runs[index]); };
    const std::size_t runs = plan.runs.size();
    if (runs > 1) {
      check_plan(plan.runs, read, cache);
    } else {
      const Trial trial = read(0);
      check_against_data(trial.config, *cache.get(trial.config));
    }
    print(file + ": ok" + (runs > 1 ? ", " + std::to_string(runs) + " runs\n" : "\n"));
    return ExitCode::done;
  } catch (const OutputError&) {
    throw;
  } catch (const DataError& error) {
    spdlog::error("{}: the settings are valid, but whether the layers fit the data is unknown: {}",
                  file, error.what());
    return ExitCode::data;
  } catch (...) {
    return log_error(std::current_exception(), file.c_str());
  }
}

}  // namespace

int check_configs(const CheckArguments& arguments) {
  DataCache cache;
  ExitCode worst = ExitCode::done;
  for (const std::string& file : arguments.files) {
    const ExitCode code = check_file(file, cache);
    if (worst == ExitCode::done || code == ExitCode::usage) worst = code;
  }
  return static_cast<int>(worst);
}

int list_tables(const ListArguments& arguments) {
  CatalogueFormat format = CatalogueFormat::text;
  if (arguments.json) format = CatalogueFormat::json;
  if (arguments.markdown) format = CatalogueFormat::markdown;
  print(catalogue(arguments.subject, format));
  return static_cast<int>(ExitCode::done);
}

int print_schema() {
  print(config_schema().dump(2) + "\n");
  return static_cast<int>(ExitCode::done);
}

}  // namespace initbench
