/// "did you mean ...?" for names that a user mistyped.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace initbench {

/// The candidate closest to `name` by edit distance (insertion, deletion, substitution,
/// transposition of neighbours; case ignored), or empty when none is near enough to be a typo.
std::string_view closest(std::string_view name, std::span<const std::string_view> candidates);

/// "; did you mean 'relu'?" or "" when nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace initbench
