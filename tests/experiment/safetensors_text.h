/// Bytes in the format safetensors, put together by hand for tests.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace initbench {

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
  return text;
}

inline std::string safetensors(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

/// Floats 1, 2, 3, ... as bytes.
inline std::string counted_floats(int count) {
  std::string data;
  for (int i = 1; i <= count; ++i) {
    data += little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(i)), 4);
  }
  return data;
}

}  // namespace initbench
