/// The header of a safetensors file: what each tensor is and where its bytes are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace initbench {

/// One tensor as the header describes it; nothing of it is verified but the types in JSON.
struct TensorEntry {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> offsets;  // begin, end
};

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  // in the header's order
  std::map<std::string, std::string> metadata;
};

/// Throws DataError, with `path`,
/// for what is not JSON of that form, and for a name given twice.
SafetensorsHeader parse_safetensors_header(std::string_view header, const std::string& path);

}  // namespace initbench
