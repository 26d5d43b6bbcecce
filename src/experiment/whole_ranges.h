/// Whole numbers as --seeds, sweeps and exclusions spell them: "A..B" (both included), "N", or
/// several of these joined by commas.
#pragma once

#include <stdexcept>
#include <string_view>
#include <vector>

namespace initbench {

/// Wide enough for seeds up to 2^64 - 1 and for what is below 0.
__extension__ using Whole = __int128;

/// What is wrong with a range, and the remedy; without a place.
class RangeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether the text is meant as a range: it has a "..", and digits, signs and commas beside.
bool is_whole_range(std::string_view text);

/// All numbers, in the order given. Throws RangeError for text of another form, a range that falls,
/// numbers beyond 64 bits, and more than a million of them.
std::vector<Whole> whole_numbers(std::string_view text);

}  // namespace initbench
