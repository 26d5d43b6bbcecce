/// FNV-1a with 64 bits (Fowler, Noll & Vo): names texts, tells contents apart. Not cryptographic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace initbench {

inline constexpr std::uint64_t kEmptyHash = 0xcbf29ce484222325ULL;

/// The hash of what `hash` is the hash of, followed by `text`.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = kEmptyHash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

/// 16 hexadecimal digits.
std::string hex_digits(std::uint64_t number);

}  // namespace initbench
