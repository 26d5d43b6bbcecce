/// Many standard normals at once: the same bits as one after the other, in less time.
#pragma once

#include <span>

#include "base/random.h"

namespace initbench {

/// As `rng.normal()` for each.
void draw_normals(Rng& rng, std::span<double> values);

}  // namespace initbench
