/// The commands behind the command line. Each returns the exit code, and throws what it cannot say
/// anything useful about.
#pragma once

#include "cli/arguments.h"

namespace initbench {

int run_configs(const RunArguments& arguments);
int check_configs(const CheckArguments& arguments);
int list_tables(const ListArguments& arguments);
int print_schema();
int show_gains(const GainArguments& arguments);
int compare_folders(const CompareArguments& arguments);
int merge_results(const MergeArguments& arguments);
int show_theory(const TheoryArguments& arguments);
int recommend_init(const RecommendArguments& arguments);

}  // namespace initbench
