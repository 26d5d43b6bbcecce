#include "experiment/seeds.h"

#include <algorithm>
#include <string>

#include "base/errors.h"
#include "experiment/whole_ranges.h"

namespace initbench {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw ConfigError("--seeds", "'" + std::string(text) + "': " + why);
}

std::vector<Whole> numbers_in(std::string_view text) {
  try {
    return whole_numbers(text);
  } catch (const RangeError& error) {
    refuse(text, error.what());
  }
}

}  // namespace

std::vector<std::uint64_t> parse_seeds(std::string_view text) {
  std::vector<std::uint64_t> seeds;
  for (const Whole number : numbers_in(text)) {
    if (number < 0) refuse(text, "seeds are not below 0");
    seeds.push_back(static_cast<std::uint64_t>(number));
  }
  std::vector<std::uint64_t> sorted = seeds;
  std::sort(sorted.begin(), sorted.end());
  const auto twin = std::adjacent_find(sorted.begin(), sorted.end());
  if (twin != sorted.end())
    refuse(text, "holds " + std::to_string(*twin) + " twice; name each seed once");
  return seeds;
}

}  // namespace initbench
