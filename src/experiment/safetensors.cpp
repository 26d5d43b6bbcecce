#include "experiment/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "experiment/safetensors_header.h"

namespace initbench {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;  // the reference implementation's limit

/// The lowest `count` bytes first.
std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

void append_little_endian(std::uint64_t value, std::size_t count, std::string& out) {
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

double from_f64(std::uint64_t bits) { return std::bit_cast<double>(bits); }
double from_f32(std::uint64_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}
/// The upper half of a float.
double from_bf16(std::uint64_t bits) { return from_f32(bits << 16U); }
/// IEEE 754 binary16: a sign, five bits of exponent with bias 15, ten of fraction.
double from_f16(std::uint64_t bits) {
  const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
  const auto exponent = static_cast<int>(bits >> 10U & 0x1FU);
  const auto fraction = static_cast<double>(bits & 0x3FFU);
  if (exponent == 31) return std::numeric_limits<double>::quiet_NaN();  // or infinite: as bad
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

struct Type {
  std::string_view name;
  std::uint64_t bytes;
  double (*decode)(std::uint64_t bits);  // nullptr: cannot be weights
};

constexpr std::array<Type, 14> kTypes{{{"F32", 4, from_f32},
                                       {"F64", 8, from_f64},
                                       {"F16", 2, from_f16},
                                       {"BF16", 2, from_bf16},
                                       {"I64", 8, nullptr},
                                       {"U64", 8, nullptr},
                                       {"I32", 4, nullptr},
                                       {"U32", 4, nullptr},
                                       {"I16", 2, nullptr},
                                       {"U16", 2, nullptr},
                                       {"I8", 1, nullptr},
                                       {"U8", 1, nullptr},
                                       {"BOOL", 1, nullptr},
                                       {"C64", 8, nullptr}}};

/// a * b, or nothing when it is beyond `limit`.
std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b, std::uint64_t limit) {
  if (b != 0 && a > limit / b) return std::nullopt;
  return a * b;
}

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw DataError(path, what + "; write the file again");
}

std::string quoted(const std::string& name) { return "'" + name + "'"; }

/// The header's text and the data after it.
struct Parts {
  std::string_view header;
  std::string_view data;
};

Parts split(std::string_view bytes, const std::string& path) {
  if (bytes.size() < kLengthBytes) {
    fail(path, "is no safetensors file, or truncated: it has " + std::to_string(bytes.size()) +
                   " bytes, the header's length alone takes 8");
  }
  const std::uint64_t length = little_endian(bytes.substr(0, kLengthBytes));
  bytes.remove_prefix(kLengthBytes);
  if (length > kLongestHeader) {
    fail(path, "is no safetensors file: its header would have " + std::to_string(length) +
                   " bytes, the format allows 100000000 (torch.save writes another format)");
  }
  if (length > bytes.size()) {
    fail(path, "is truncated: its header has " + std::to_string(length) + " bytes, " +
                   std::to_string(bytes.size()) + " follow");
  }
  return {.header = bytes.substr(0, length), .data = bytes.substr(length)};
}

/// The type of a tensor, when its shape, offsets and type agree with each other and the data.
const Type& verified_type(const TensorEntry& entry, std::uint64_t data_bytes,
                          const std::string& path) {
  const auto* type = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const Type& row) { return row.name == entry.dtype; });
  if (type == kTypes.end()) {
    throw DataError(path, "tensor " + quoted(entry.name) + " has the unknown type " +
                              quoted(entry.dtype) + "; save it as F32, F64, F16 or BF16");
  }
  const std::uint64_t begin = entry.offsets[0];
  const std::uint64_t end = entry.offsets[1];
  if (begin > end || end > data_bytes) {
    fail(path, "is truncated or damaged: tensor " + quoted(entry.name) +
                   " is said to be at bytes " + std::to_string(begin) + " to " +
                   std::to_string(end) + " of " + std::to_string(data_bytes));
  }
  std::optional<std::uint64_t> bytes = type->bytes;
  const bool empty = std::find(entry.shape.begin(), entry.shape.end(), 0U) != entry.shape.end();
  if (empty) bytes = 0;
  for (const std::uint64_t dim : entry.shape) {
    // An empty tensor's other dimensions are numbers all the same: they must fit into an Index.
    const std::uint64_t limit = empty ? std::numeric_limits<Index>::max() : data_bytes;
    bytes = dim > limit ? std::nullopt : product(*bytes, dim, limit);
    if (!bytes) break;
  }
  if (!bytes || *bytes != end - begin) {
    fail(path, "is damaged: tensor " + quoted(entry.name) + " has a shape of " +
                   (bytes ? std::to_string(*bytes) : "more than " + std::to_string(data_bytes)) +
                   " bytes, but " + std::to_string(end - begin) + " bytes of data");
  }
  return *type;
}

/// The data must be covered without holes or overlaps.
void check_cover(const std::vector<TensorEntry>& entries, std::uint64_t data_bytes,
                 const std::string& path) {
  std::vector<const TensorEntry*> in_order;
  in_order.reserve(entries.size());
  for (const TensorEntry& entry : entries) in_order.push_back(&entry);
  std::sort(in_order.begin(), in_order.end(), [](const TensorEntry* a, const TensorEntry* b) {
    return std::pair(a->offsets[0], a->offsets[1]) < std::pair(b->offsets[0], b->offsets[1]);
  });
  std::uint64_t covered = 0;
  for (const TensorEntry* entry : in_order) {
    if (entry->offsets[0] < covered) {
      fail(path,
           "is damaged: the bytes of tensor " + quoted(entry->name) + " belong to another one too");
    }
    if (entry->offsets[0] > covered) {
      fail(path, "is damaged: " + std::to_string(entry->offsets[0] - covered) +
                     " bytes before tensor " + quoted(entry->name) + " belong to none");
    }
    covered = entry->offsets[1];
  }
  if (covered < data_bytes) {
    fail(path, "is damaged: its last " + std::to_string(data_bytes - covered) +
                   " bytes belong to no tensor");
  }
}

std::vector<Index> dims_of(const TensorEntry& entry) {
  std::vector<Index> dims;
  for (const std::uint64_t dim : entry.shape) dims.push_back(static_cast<Index>(dim));
  return dims;
}

std::string_view bytes_of(const TensorEntry& entry, std::string_view data) {
  return data.substr(entry.offsets[0], entry.offsets[1] - entry.offsets[0]);
}

StoredTensor decoded(const TensorEntry& entry, const Type& type, std::string_view data,
                     const std::string& path) {
  StoredTensor tensor{.dims = dims_of(entry), .values = {}};
  data = bytes_of(entry, data);
  tensor.values.reserve(data.size() / type.bytes);
  for (; !data.empty(); data.remove_prefix(type.bytes)) {
    const double value = type.decode(little_endian(data.substr(0, type.bytes)));
    if (!std::isfinite(value) || std::abs(value) > std::numeric_limits<Scalar>::max()) {
      throw DataError(
          path, "tensor " + quoted(entry.name) + " holds " +
                    (std::isfinite(value) ? "a number too large for a float" : "NaN or infinity") +
                    " at entry " + std::to_string(tensor.values.size()) +
                    "; weights must be finite, so save other ones");
    }
    tensor.values.push_back(static_cast<Scalar>(value));
  }
  return tensor;
}

/// The entries of F32 as they are, NaN and infinities included.
StoredTensor exactly_decoded(const TensorEntry& entry, std::string_view data) {
  StoredTensor tensor{.dims = dims_of(entry), .values = {}};
  data = bytes_of(entry, data);
  tensor.values.reserve(data.size() / sizeof(float));
  for (; !data.empty(); data.remove_prefix(sizeof(float))) {
    const auto bits = static_cast<std::uint32_t>(little_endian(data.substr(0, sizeof(float))));
    tensor.values.push_back(std::bit_cast<float>(bits));
  }
  return tensor;
}

/// A file whose header and data agree, and what its tensors are.
struct VerifiedFile {
  SafetensorsHeader header;
  std::vector<const Type*> types;  // parallel to header.tensors
  std::string_view data;
};

VerifiedFile verified(std::string_view bytes, const std::string& path) {
  const Parts parts = split(bytes, path);
  VerifiedFile file{
      .header = parse_safetensors_header(parts.header, path), .types = {}, .data = parts.data};
  file.types.reserve(file.header.tensors.size());
  for (const TensorEntry& entry : file.header.tensors) {
    file.types.push_back(&verified_type(entry, parts.data.size(), path));
  }
  check_cover(file.header.tensors, parts.data.size(), path);
  return file;
}

nlohmann::json description(std::string_view dtype, const std::vector<Index>& shape,
                           std::uint64_t begin, std::uint64_t end) {
  return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

}  // namespace

WeightFile parse_safetensors(std::string_view bytes, const std::string& path) {
  const VerifiedFile verified_file = verified(bytes, path);
  WeightFile file;
  for (std::size_t i = 0; i < verified_file.types.size(); ++i) {
    const TensorEntry& entry = verified_file.header.tensors[i];
    const Type& type = *verified_file.types[i];
    if (type.decode != nullptr) {
      file.emplace(entry.name, decoded(entry, type, verified_file.data, path));
    } else if (!entry.name.ends_with("num_batches_tracked")) {
      throw DataError(path, "tensor " + quoted(entry.name) + " is of type " + entry.dtype +
                                ", which weights cannot be; save it as F32, F64, F16 or BF16, or "
                                "leave it out of the file");
    }
  }
  return file;
}

std::map<std::string, std::string> parse_safetensors_metadata(std::string_view bytes,
                                                              const std::string& path) {
  return parse_safetensors_header(split(bytes, path).header, path).metadata;
}

SafetensorsContent parse_safetensors_content(std::string_view bytes, const std::string& path) {
  VerifiedFile file = verified(bytes, path);
  SafetensorsContent content;
  content.metadata = std::move(file.header.metadata);
  for (const TensorEntry& entry : file.header.tensors) {
    if (entry.dtype == "F32") {
      content.tensors.emplace(entry.name, exactly_decoded(entry, file.data));
    } else if (entry.dtype == "I64" && entry.shape.empty()) {
      content.integers.emplace(
          entry.name, static_cast<std::int64_t>(little_endian(bytes_of(entry, file.data))));
    } else {
      fail(path, "is damaged: tensor " + quoted(entry.name) + " is neither F32 nor one I64");
    }
  }
  return content;
}

std::string compose_safetensors(const SafetensorsContent& content) {
  auto header = nlohmann::json::object();  // sorted by name
  header["__metadata__"] = content.metadata;
  std::string data;
  for (const auto& [name, value] : content.integers) {
    const std::uint64_t begin = data.size();
    append_little_endian(static_cast<std::uint64_t>(value), 8, data);
    header[name] = description("I64", {}, begin, data.size());
  }
  for (const auto& [name, tensor] : content.tensors) {
    const std::uint64_t begin = data.size();
    for (const Scalar value : tensor.values) {
      append_little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4, data);
    }
    header[name] = description("F32", tensor.dims, begin, data.size());
  }
  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');  // aligns the data
  std::string bytes;
  bytes.reserve(kLengthBytes + text.size() + data.size());
  append_little_endian(text.size(), kLengthBytes, bytes);
  return bytes.append(text).append(data);
}

}  // namespace initbench
