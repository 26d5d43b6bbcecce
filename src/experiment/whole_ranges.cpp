#include "experiment/whole_ranges.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/number.h"

namespace initbench {
namespace {

constexpr Whole kMostNumbers = 1'000'000;

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

Whole whole_of(std::string_view text) {
  const std::string_view digits = without_blanks(text);
  if (const auto number = number_of<std::int64_t>(digits)) return *number;
  if (const auto number = number_of<std::uint64_t>(digits)) return *number;
  const bool are_digits =
      !digits.empty() && digits.find_first_not_of("0123456789", digits.front() == '-' ? 1 : 0) ==
                             std::string_view::npos;
  if (are_digits && digits != "-") {
    throw RangeError(std::string(digits) +
                     " is too large a number; whole numbers reach up to 18446744073709551615");
  }
  throw RangeError("expected whole numbers: A..B, such as 0..4, or 0,3,7");
}

/// In digits; at most 2^65, which differences of 64-bit numbers do not reach.
std::string text_of(Whole count) {
  constexpr Whole kLargest = std::numeric_limits<std::uint64_t>::max();
  return count > kLargest ? "more than 18446744073709551615"
                          : std::to_string(static_cast<std::uint64_t>(count));
}

}  // namespace

bool is_whole_range(std::string_view text) {
  return text.find("..") != std::string_view::npos &&
         text.find_first_not_of("0123456789-,. ") == std::string_view::npos;
}

std::vector<Whole> whole_numbers(std::string_view text) {
  std::vector<Whole> numbers;
  Whole count = 0;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dots = part.find("..");
    const Whole first = whole_of(part.substr(0, dots));
    const Whole last = dots == std::string_view::npos ? first : whole_of(part.substr(dots + 2));
    if (first > last) {
      throw RangeError("the range " + std::string(part) +
                       " is empty: its first number is larger than its last; swap them");
    }
    count += last - first + 1;
    if (count > kMostNumbers) {
      throw RangeError("has " + text_of(count) +
                       " numbers, more than a million; run them in several parts");
    }
    for (Whole number = first; number <= last; ++number) numbers.push_back(number);
    if (comma == std::string_view::npos) return numbers;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace initbench
