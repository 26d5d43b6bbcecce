#include "experiment/json_text.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <set>
#include <utility>

#include "base/number.h"

namespace initbench {
namespace {

/// What the parser says, without its own prefix and without what it read last.
std::string reason(std::string_view what) {
  const std::size_t start = what.find("syntax error");
  if (start != std::string_view::npos) what.remove_prefix(start);
  return std::string(what.substr(0, what.find("; last read")));
}

/// Where the reading ended: a word, or one character that belongs to none.
struct Token {
  std::size_t begin = 0;
  std::string_view text;
};

Token last_token(std::string_view read) {
  const auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  std::size_t begin = read.size();
  while (begin > 0 && in_word(read[begin - 1])) --begin;
  if (begin == read.size() && begin > 0) --begin;
  return {.begin = begin, .text = read.substr(begin)};
}

/// A remedy for the mistakes that people make most, or "".
std::string hint(std::string_view before_token, std::string_view token) {
  const std::size_t last = before_token.find_last_not_of(" \t\r\n");
  const bool after_comma = last != std::string_view::npos && before_token[last] == ',';
  if (after_comma && (token == "]" || token == "}")) {
    return "; remove the comma before '" + std::string(token) + "'";
  }
  if (token.find_first_of("NI") != std::string_view::npos) {
    return "; JSON has neither NaN nor Infinity";
  }
  return token == "'" ? "; strings stand in double quotes" : "";
}

/// Builds the tree from the parser's events and keeps the place of each for messages.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  JsonText take() { return {.root = std::move(root_), .issues = std::move(issues_)}; }

  // The events of nlohmann's SAX interface; false ends the parsing.
  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) { return put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return put(value); }
  bool number_float(Json::number_float_t value, const std::string&) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    Level& level = levels_.back();
    level.key = name;
    level.skip = !level.keys.insert(name).second;
    if (level.skip) {
      issues_.push_back({place(), "this key is given twice; keep one of the two"});
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) {
    const std::string_view read = text_.substr(0, std::min(position, text_.size()));
    const Token token = last_token(read);
    const std::string_view before = read.substr(0, token.begin);
    const std::size_t newline = before.rfind('\n');
    const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    std::string message = "line " + std::to_string(line) + ", column " +
                          std::to_string(before.size() - line_start + 1) + ": ";
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      message += "the number " + std::string(token.text) +
                 " is out of range; numbers reach up to 1.79e308";
    } else {
      message += "not JSON: " + reason(error.what()) + hint(before, token.text);
    }
    issues_.push_back({"", std::move(message)});
    return false;
  }

 private:
  /// An object or array that is still open.
  struct Level {
    Json* node;
    std::string key;             // of the value being read, in an object
    std::set<std::string> keys;  // seen so far
    bool skip = false;           // the value being read belongs to a duplicate key
    Json discarded{};            // that value
  };

  std::string place() const {
    std::string text;
    for (const Level& level : levels_) {
      if (!text.empty()) text += '.';
      text += level.node->is_array() ? std::to_string(level.node->size() - 1) : level.key;
    }
    return text;
  }

  /// The place where the next value goes, nullptr for a duplicate's.
  Json* put_value(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.skip) {
      level.discarded = std::move(value);
      return &level.discarded;
    }
    if (level.node->is_array()) {
      level.node->push_back(std::move(value));
      return &level.node->back();
    }
    return &((*level.node)[level.key] = std::move(value));
  }

  bool put(Json value) {
    put_value(std::move(value));
    return true;
  }

  bool open(Json container) {
    if (levels_.size() == kDeepestJson) {
      issues_.push_back({"", "nested deeper than " + std::to_string(kDeepestJson) +
                                 " levels; a config needs fewer"});
      return false;
    }
    Json* node = put_value(std::move(container));
    levels_.push_back({.node = node, .key = {}, .keys = {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  std::string_view text_;
  Json root_;
  std::deque<Level> levels_;  // addresses stay
  std::vector<ConfigIssue> issues_;
};

}  // namespace

JsonText parse_json(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return {.root = {},
            .issues = {{"", "is empty; a config is a JSON object, see: initbench schema"}},
            .complete = false};
  }
  TreeBuilder builder(text);
  constexpr bool kStrict = true;
  constexpr bool kIgnoreComments = true;
  const bool complete = Json::sax_parse(text.begin(), text.end(), &builder,
                                        Json::input_format_t::json, kStrict, kIgnoreComments);
  JsonText parsed = builder.take();
  parsed.complete = complete;
  return parsed;
}

bool is_text(const std::string& bytes) {
  try {
    return !Json(bytes).dump().empty();
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string describe(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_null()) return "null";
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) {
    std::size_t end = kLongest;
    while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not inside a letter
    text = text.substr(0, end) + "...";
  }
  return value.is_string() ? "the string " + text : text;
}

Json json_or_text(std::string_view text) {
  JsonText parsed = parse_json(text);
  if (parsed.issues.empty()) return std::move(parsed.root);
  const bool has_digit = text.find_first_of("0123456789") != std::string_view::npos;
  const bool has_letters_of_numbers_alone =
      text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
  if (has_digit && has_letters_of_numbers_alone) {
    if (const auto number = number_of<double>(text)) return *number;
  }
  return std::string(text);
}

}  // namespace initbench
