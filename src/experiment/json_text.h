/// JSON text to a tree, strictly: comments are allowed, duplicate keys, deep nesting and numbers
/// beyond a double are not.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"

namespace initbench {

using Json = nlohmann::ordered_json;

/// Deeper configs cannot be meant; the limit keeps what walks the tree off the stack's end.
inline constexpr std::size_t kDeepestJson = 64;

struct JsonText {
  Json root;
  std::vector<ConfigIssue> issues;  // empty: all is well
  bool complete = true;             // false: reading ended before the end
};

/// Duplicate keys are reported all at once; a syntax error, with line and column, ends the reading.
JsonText parse_json(std::string_view text);

/// What is said on a command line: JSON, a number as people write it (.5, 1.), or else text.
Json json_or_text(std::string_view text);

/// Whether bytes are UTF-8, and so can stand in JSON.
bool is_text(const std::string& bytes);

/// For messages: `the string "abc"`, `3.5`, `an object`.
std::string describe(const Json& value);

}  // namespace initbench
