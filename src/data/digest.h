/// A 64-bit fingerprint of memory, to tell data sets apart. Not cryptographic.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace initbench {

/// Mixes values and blocks of memory, eight bytes at a time; order matters.
class Digest {
 public:
  void add(std::uint64_t value) {
    // The rotation brings high bits down: a multiplication alone never does.
    const std::uint64_t mixed = state_ ^ value;
    state_ = (mixed << 29 | mixed >> 35) * 0x9e3779b97f4a7c15ULL;
  }
  /// The length, then the content.
  void add_bytes(std::span<const std::byte> bytes);
  /// 16 hexadecimal digits.
  std::string hex() const;

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace initbench
