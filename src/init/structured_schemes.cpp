/// Matrices and kernels built by a rule: identities, Hadamard, delta-orthogonal, mirrored blocks.
#include "init/rows.h"

namespace initbench {

std::vector<Scheme> structured_rows() { return {}; }

}  // namespace initbench
