/// The file format `safetensors` as bytes: tensors with names, types and shapes, and nothing that
/// is executed. Reading treats the bytes as hostile: every number is checked before it is used.
///
/// Eight bytes: the header's length, little-endian. The header: UTF-8 JSON that begins with '{' and
/// may end with spaces, {"name": {"dtype", "shape", "data_offsets": [begin, end]}, ...} and perhaps
/// "__metadata__" with texts. The data: little-endian, each tensor row by row, at offsets that
/// count from the header's end and cover the data without holes or overlaps. Source: the README of
/// github.com/huggingface/safetensors, "Format".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "init/scheme.h"

namespace initbench {

/// The tensors of a file, as float: F32, F64, F16 and BF16 are converted. A batch norm's integer
/// "....num_batches_tracked", which nothing here uses, is left out. `path` is for messages. Throws
/// DataError with the tensor and the remedy for everything that is no such file, for other types,
/// and for numbers that are not finite or do not fit into a float.
WeightFile parse_safetensors(std::string_view bytes, const std::string& path);

/// The texts of its "__metadata__". Throws DataError for a damaged header.
std::map<std::string, std::string> parse_safetensors_metadata(std::string_view bytes,
                                                              const std::string& path);

/// What a file is made of. Values may be NaN or infinite (those of a diverged run).
struct SafetensorsContent {
  WeightFile tensors;                            // written as F32
  std::map<std::string, std::int64_t> integers;  // scalars, written as I64
  std::map<std::string, std::string> metadata;
};

/// Everything in a file of this composition. Throws DataError as `parse_safetensors`, but takes F32
/// and scalars of I64 alone, and numbers that are not finite.
SafetensorsContent parse_safetensors_content(std::string_view bytes, const std::string& path);

/// The bytes of such a file. The same content gives the same bytes: integers first (so that data
/// are aligned to their size), then the tensors, each sorted by name.
std::string compose_safetensors(const SafetensorsContent& content);

}  // namespace initbench
