#include "base/normals.h"

#include <algorithm>
#include <array>

#include "base/exact_math.h"

namespace initbench {
namespace {

constexpr std::size_t kAtOnce = 64;

}  // namespace

void draw_normals(Rng& rng, std::span<double> values) {
  std::array<double, kAtOnce> p{};
  while (!values.empty()) {
    const std::size_t count = std::min(values.size(), kAtOnce);
    for (std::size_t i = 0; i < count; ++i) p[i] = rng.uniform_open();
    exact::normal_quantiles(std::span(p).first(count), values.first(count));
    values = values.subspan(count);
  }
}

}  // namespace initbench
