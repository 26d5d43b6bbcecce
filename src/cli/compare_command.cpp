// compare: schemes against each other, over runs that are done.
#include <spdlog/spdlog.h>

#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "report/compare_runs.h"
#include "report/compare_text.h"

namespace initbench {

int compare_folders(const CompareArguments& arguments) {
  const RunComparison comparison = compare_runs(arguments.request);
  if (arguments.json || arguments.markdown) {
    print(comparison_text(comparison, arguments.json ? TableFormat::json : TableFormat::markdown));
    return static_cast<int>(ExitCode::done);
  }
  write_comparison(comparison, arguments.out);
  print(comparison_text(comparison, TableFormat::text));
  print("tables    compare.csv, compare_pairs.csv\n" + arguments.out + "\n");
  return static_cast<int>(ExitCode::done);
}

}  // namespace initbench
