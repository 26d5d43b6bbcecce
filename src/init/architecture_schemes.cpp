/// What depends on depth, residual blocks or width: critical, fixup, rezero, mup, ntk, ...
#include "init/rows.h"

namespace initbench {

std::vector<Scheme> architecture_rows() { return {}; }

}  // namespace initbench
