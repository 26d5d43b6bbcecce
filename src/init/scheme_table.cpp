#include <iterator>
#include <utility>

#include "init/rows.h"
#include "init/scheme.h"

namespace initbench {
namespace {

std::vector<Scheme> joined_rows() {
  std::vector<Scheme> table;
  for (auto* family : {constant_rows, distribution_rows, fan_rows, framework_rows, orthogonal_rows,
                       kernel_rows, structured_rows, special_rows, residual_rows, critical_rows,
                       width_rows, data_rows, optimization_rows, file_rows}) {
    std::vector<Scheme> rows = family();
    table.insert(table.end(), std::make_move_iterator(rows.begin()),
                 std::make_move_iterator(rows.end()));
  }
  return table;
}

}  // namespace

std::span<const Scheme> scheme_table() {
  static const std::vector<Scheme> table = joined_rows();
  return table;
}

}  // namespace initbench
