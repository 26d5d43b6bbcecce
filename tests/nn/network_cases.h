/// Small networks that between them hold every operation, for tests that loop over them.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "base/random.h"
#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {

struct NetworkCase {
  std::string name;
  Shape input;
  Index outputs;
  ModelSpec spec;
};

/// For GoogleTest's messages.
inline void PrintTo(const NetworkCase& network_case, std::ostream* out) {
  *out << network_case.name;
}

std::vector<NetworkCase> network_cases();

/// Standard normal numbers times `std`, from a stream of the given name.
void fill_normal(std::string_view stream, double std, Scalar* values, Index size);

}  // namespace initbench
