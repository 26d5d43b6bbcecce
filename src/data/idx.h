/// The IDX file format of MNIST: arrays of unsigned bytes behind a big-endian header.
///
/// Format: bytes 0 0, element type (8: unsigned byte, the only one read here), number of
/// dimensions, each dimension as a 32-bit big-endian number, the elements with the last index
/// fastest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"

namespace initbench {

/// `bytes` holds the leading items that were asked for; `dims` is what the file announces.
struct IdxArray {
  std::vector<Index> dims;  // dims[0] is the number of items
  std::vector<std::uint8_t> bytes;
};

/// The dimensions alone. Throws DataError as read_idx does, except for damage further inside.
std::vector<Index> read_idx_dims(const std::string& path);

/// The first `max_items` items, or all. Raw or gzip. The whole file is verified all the same: its
/// length, and a gzip's checksum. Never allocates more than the file can hold. Throws DataError.
IdxArray read_idx(const std::string& path, std::optional<Index> max_items = std::nullopt);

}  // namespace initbench
