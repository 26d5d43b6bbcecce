/// Compared runs as tests write them.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "experiment/comparison.h"

namespace initbench::testing {

inline constexpr double kWorst = -std::numeric_limits<double>::infinity();

inline ComparedRun run(std::size_t scheme, std::size_t rate, std::uint64_t seed, double score) {
  return {.scheme = scheme,
          .rate = rate,
          .seed = seed,
          .score = score,
          .diverged = score == kWorst,
          .trains = score > 0.5};
}

inline const ComparisonNames kTwo{.schemes = {"a", "b"}, .rates = {"0.1"}, .baseline = {}};

inline std::vector<std::size_t> order_of(const ComparisonView& view) {
  std::vector<std::size_t> order;
  for (const SchemeResult& scheme : view.schemes) order.push_back(scheme.scheme);
  return order;
}

}  // namespace initbench::testing
