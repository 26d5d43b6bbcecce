#include <iterator>
#include <utility>

#include "init/rows.h"
#include "init/scheme.h"

namespace initbench {

std::vector<Scheme> joined(std::initializer_list<Family> families) {
  std::vector<Scheme> table;
  for (const Family family : families) {
    std::vector<Scheme> rows = family();
    table.insert(table.end(), std::make_move_iterator(rows.begin()),
                 std::make_move_iterator(rows.end()));
  }
  return table;
}

std::span<const Scheme> scheme_table() {
  static const std::vector<Scheme> table =
      joined({constant_rows, distribution_rows, fan_rows, framework_rows, orthogonal_rows,
              kernel_rows, structured_rows, special_rows, residual_rows, critical_rows, width_rows,
              lsuv_rows, per_unit_rows, optimization_rows, file_rows});
  return table;
}

}  // namespace initbench
