#include "base/random.h"

#include <Random123/threefry.h>

#include <utility>

#include "base/errors.h"
#include "base/exact_math.h"
#include "base/hash.h"

namespace initbench {
namespace {

__extension__ using Wide = unsigned __int128;

/// FNV-1a, then a finalizer (splitmix64) because FNV's high bits mix poorly on short names.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = fnv1a(text);
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

}  // namespace

Rng::Rng(const StreamKey& key)
    : key_{key.seed, static_cast<std::uint64_t>(key.purpose), hash_of(key.name),
           hash_of(key.tensor)},
      substream_(key.substream) {}

Rng Rng::sibling(std::string_view tensor) const {
  Rng other = *this;
  other.key_[3] = hash_of(tensor);
  other.position_ = 0;
  return other;
}

std::uint64_t Rng::bits() {
  const std::uint64_t lane = position_ % 4;
  if (lane == 0) {
    r123::Threefry4x64::ctr_type counter = {{position_ / 4, substream_, 0, 0}};
    const r123::Threefry4x64::key_type key = {{key_[0], key_[1], key_[2], key_[3]}};
    counter = r123::Threefry4x64()(counter, key);
    for (std::size_t i = 0; i < 4; ++i) block_[i] = counter[i];
  }
  ++position_;
  return block_[lane];
}

double Rng::normal() { return exact::normal_quantile(uniform_open()); }

Index Rng::below(Index bound) {
  expects(bound > 0, "Rng::below needs a positive bound");
  const auto range = static_cast<std::uint64_t>(bound);
  const std::uint64_t threshold = (0 - range) % range;
  while (true) {
    const Wide product = static_cast<Wide>(bits()) * range;
    if (static_cast<std::uint64_t>(product) >= threshold) return static_cast<Index>(product >> 64);
  }
}

void shuffle(std::span<Index> items, Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[static_cast<std::size_t>(rng.below(static_cast<Index>(i)))]);
  }
}

}  // namespace initbench
