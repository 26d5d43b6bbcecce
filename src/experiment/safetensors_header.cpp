#include "experiment/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/errors.h"

namespace initbench {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::size_t kHighestRank = 64;
constexpr std::size_t kLongestName = 1000;

/// Takes the parser's events one by one. No tree is built, so that neither deep nesting nor a
/// million names cost more than they take up in the file.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  SafetensorsHeader take() { return std::move(header_); }

  // The events of nlohmann's SAX interface. What is not expected throws.
  bool null() { return refuse_value(); }
  bool boolean(bool) { return refuse_value(); }
  bool number_integer(Json::number_integer_t) { return refuse_value(); }
  bool number_float(Json::number_float_t, const std::string&) { return refuse_value(); }
  bool binary(Json::binary_t&) { return refuse_value(); }

  bool number_unsigned(Json::number_unsigned_t value) {
    if (at_ == At::shape && header_.tensors.back().shape.size() < kHighestRank) {
      header_.tensors.back().shape.push_back(value);
      return true;
    }
    if (at_ == At::offsets && header_.tensors.back().offsets.size() < 2) {
      header_.tensors.back().offsets.push_back(value);
      return true;
    }
    return refuse_value();
  }

  bool string(std::string& value) {
    if (at_ == At::metadata) {
      header_.metadata[key_] = std::move(value);
      return true;
    }
    require_printable(value);
    if (at_ != At::tensor || key_ != "dtype") return refuse_value();
    header_.tensors.back().dtype = std::move(value);
    return true;
  }

  bool start_object(std::size_t) {
    if (at_ == At::outside) {
      at_ = At::names;
    } else if (at_ == At::names) {
      at_ = key_ == kMetadata ? At::metadata : At::tensor;
      if (at_ == At::tensor)
        header_.tensors.push_back({.name = key_, .dtype = {}, .shape = {}, .offsets = {}});
      seen_here_.clear();
    } else {
      return refuse_value();
    }
    return true;
  }

  bool end_object() {
    if (at_ == At::tensor) {
      for (const char* needed : {"dtype", "shape", "data_offsets"}) {
        if (!seen_here_.contains(needed)) fail("has no \"" + std::string(needed) + "\"");
      }
      if (header_.tensors.back().offsets.size() != 2)
        fail("has data_offsets that are not two numbers");
    }
    at_ = at_ == At::names ? At::outside : At::names;
    return true;
  }

  bool start_array(std::size_t) {
    if (at_ != At::tensor || (key_ != "shape" && key_ != "data_offsets")) return refuse_value();
    at_ = key_ == "shape" ? At::shape : At::offsets;
    return true;
  }

  bool end_array() {
    at_ = At::tensor;
    return true;
  }

  bool key(std::string& name) {
    require_printable(name);
    if (at_ == At::names) {
      if (!names_.insert(name).second) {
        throw DataError(path_,
                        "is damaged: its header names '" + name + "' twice; write the file again");
      }
    } else if (!seen_here_.insert(name).second) {
      fail("has \"" + name + "\" twice");
    }
    const bool known = name == "dtype" || name == "shape" || name == "data_offsets";
    if (at_ == At::tensor && !known) fail("has the unknown key \"" + name + "\"");
    key_ = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    throw DataError(path_, "is no safetensors file, or damaged: its header is not JSON at byte " +
                               std::to_string(position) + " of " + std::to_string(text_.size()) +
                               "; write the file again with safetensors");
  }

 private:
  enum class At { outside, names, metadata, tensor, shape, offsets };

  [[noreturn]] void fail(const std::string& what) const {
    const std::string subject =
        at_ == At::metadata ? std::string(kMetadata) : "'" + header_.tensors.back().name + "'";
    throw DataError(
        path_, "is damaged: in its header, " + subject + " " + what + "; write the file again");
  }

  /// Messages repeat names, and terminals obey control characters.
  void require_printable(std::string_view text) const {
    const bool control = std::any_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (!control && text.size() <= kLongestName) return;
    throw DataError(path_,
                    "is damaged: its header has a name with control characters or of more "
                    "than " +
                        std::to_string(kLongestName) + " bytes; write the file again");
  }

  /// Of a value that cannot stand where it stands.
  bool refuse_value() const {
    switch (at_) {
      case At::shape:
        fail("has a shape that is not at most " + std::to_string(kHighestRank) +
             " whole numbers from 0");
      case At::offsets: fail("has data_offsets that are not two whole numbers from 0");
      case At::metadata: fail("holds something other than texts");
      case At::tensor: fail("has a wrong type of value for \"" + key_ + "\"");
      default: break;
    }
    throw DataError(path_,
                    "is damaged: its header is not an object of tensors' descriptions; write "
                    "the file again with safetensors");
  }

  std::string_view text_;
  const std::string& path_;
  SafetensorsHeader header_;
  std::set<std::string, std::less<>> names_;
  std::set<std::string, std::less<>> seen_here_;  // keys of the object inside
  std::string key_;
  At at_ = At::outside;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view header, const std::string& path) {
  // The parser would skip a byte order mark and take a zero byte for the end.
  if (!header.starts_with('{') || header.find('\0') != std::string_view::npos) {
    throw DataError(path,
                    "is no safetensors file: its header is not a JSON object; write the file "
                    "with safetensors (torch.save writes another format)");
  }
  HeaderReader reader(header, path);
  Json::sax_parse(header.begin(), header.end(), &reader);
  return reader.take();
}

}  // namespace initbench
