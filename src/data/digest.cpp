#include "data/digest.h"

#include <cstring>

#include "base/hash.h"

namespace initbench {

void Digest::add_bytes(std::span<const std::byte> bytes) {
  add(bytes.size());
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::size_t i = 0;
  std::uint64_t word = 0;
  for (; i + kWord <= bytes.size(); i += kWord) {
    std::memcpy(&word, bytes.data() + i, kWord);
    add(word);
  }
  if (i < bytes.size()) {
    word = 0;
    std::memcpy(&word, bytes.data() + i, bytes.size() - i);
    add(word);
  }
}

std::string Digest::hex() const {
  std::uint64_t hash = state_;  // splitmix64's finalizer
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  hash ^= hash >> 31;
  return hex_digits(hash);
}

}  // namespace initbench
