#include <algorithm>
#include <charconv>

#include "base/errors.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

constexpr std::uint64_t kMostSeeds = 1'000'000;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw ConfigError("--seeds", "'" + std::string(text) + "': " + why);
}

std::uint64_t seed_of(std::string_view digits, std::string_view whole) {
  std::uint64_t seed = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, seed);
  if (error == std::errc::result_out_of_range) {
    refuse(whole, "seeds reach up to 18446744073709551615");
  }
  if (error != std::errc{} || stop != end) refuse(whole, "expected A..B, such as 0..4, or 0,3,7");
  return seed;
}

}  // namespace

std::vector<std::uint64_t> parse_seeds(std::string_view text) {
  std::vector<std::uint64_t> seeds;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dots = part.find("..");
    const std::uint64_t first = seed_of(part.substr(0, dots), text);
    const std::uint64_t last =
        dots == std::string_view::npos ? first : seed_of(part.substr(dots + 2), text);
    if (first > last) refuse(text, "the first seed is larger than the last; swap them");
    if (last - first >= kMostSeeds - seeds.size())
      refuse(text, "more than a million seeds; run them in several parts");
    for (std::uint64_t i = 0; i <= last - first; ++i) seeds.push_back(first + i);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::vector<std::uint64_t> sorted = seeds;
  std::sort(sorted.begin(), sorted.end());
  const auto twin = std::adjacent_find(sorted.begin(), sorted.end());
  if (twin != sorted.end())
    refuse(text, "holds " + std::to_string(*twin) + " twice; name each seed once");
  return seeds;
}

}  // namespace initbench
