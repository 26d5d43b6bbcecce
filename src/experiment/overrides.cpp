#include "experiment/overrides.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/suggest.h"
#include "experiment/value_reader.h"

namespace initbench {
namespace {

using Path = std::span<const std::string>;

std::string join(Path segments) {
  std::string text;
  for (const std::string& segment : segments) text += (text.empty() ? "" : ".") + segment;
  return text;
}

std::optional<std::size_t> index_of(std::string_view segment) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
  if (error != std::errc{} || end != segment.data() + segment.size()) return std::nullopt;
  return index;
}

bool names_layer(Path segments) {
  return segments.size() > 2 && segments[0] == "model" && segments[1] == "layers" &&
         segments[2] != "*" && !index_of(segments[2]);
}

/// Whether bytes can stand in JSON, and what begins like an object or a list is one; reports those
/// that cannot.
bool check_text(const Override& change, IssueList& issues) {
  if (!is_text(change.path) || !is_text(change.value)) {
    issues.add(change.origin, "a path or its value is not UTF-8 text");
    return false;
  }
  if (!change.value.starts_with('{') && !change.value.starts_with('[')) return true;
  const JsonText parsed = parse_json(change.value);
  for (const ConfigIssue& issue : parsed.issues) {
    issues.add(change.origin, "the value is no JSON: " + issue.message);
  }
  return parsed.issues.empty();
}

/// One assignment: walks down a path, making objects where there is nothing yet.
class Assignment {
 public:
  Assignment(const std::string& place, const Json& value, IssueList& issues)
      : place_(place), value_(value), issues_(issues) {}

  /// `parent` is the key that leads to `node`.
  void assign(Json& node, const std::string& parent, Path rest) {
    if (rest.empty()) {
      node = value_;
      return;
    }
    if (node.is_null()) node = Json::object();
    if (node.is_string()) expand_name(node, parent);
    if (node.is_array()) {
      assign_in_list(node, rest);
      return;
    }
    if (!node.is_object()) {
      issues_.add(place_, "'" + parent + "' is " + describe(node) +
                              " and has no settings inside; set '" + parent + "' itself");
      return;
    }
    Json& inside = node[rest[0]];
    const bool is_rule = parent == "init_by_type" || parent == "bias_init_by_type";
    if (is_rule && inside.is_string() && rest.size() > 1) inside = scheme_named(inside);
    assign(inside, rest[0], rest.subspan(1));
  }

 private:
  static Json scheme_named(const Json& name) { return Json::object({{"scheme", name}}); }

  /// A name that stands for an object becomes it: "orthogonal" -> {"scheme": "orthogonal"}.
  static void expand_name(Json& node, const std::string& parent) {
    static constexpr std::array<std::string_view, 3> kSchemes{"init", "bias_init", "shortcut_init"};
    static constexpr std::array<std::string_view, 2> kNamed{"activation", "schedule"};
    if (std::find(kSchemes.begin(), kSchemes.end(), parent) != kSchemes.end()) {
      node = scheme_named(node);
    } else if (std::find(kNamed.begin(), kNamed.end(), parent) != kNamed.end()) {
      node = Json::object({{"name", node}});
    }
  }

  void assign_in_list(Json& list, Path rest) {
    if (rest[0] == "*" && rest.size() > 1) {
      if (assign_to_all(list, rest.subspan(1)) > 0) return;
      issues_.add(place_, "no layer has '" + rest[1] + "'" + remedy_for(rest[1]));
      return;
    }
    if (rest[0] == "*") {
      issues_.add(place_,
                  "'*' stands for all layers: name what to set of them, as in "
                  "'model.layers.*.init'");
      return;
    }
    const std::optional<std::size_t> index = index_of(rest[0]);
    if (!index || *index >= list.size()) {
      issues_.add(place_, "'" + rest[0] + "' is none of the list's " + std::to_string(list.size()) +
                              " entries; they count from 0");
      return;
    }
    assign(list[*index], rest[0], rest.subspan(1));
  }

  /// To every layer of the list, at any depth, whose type has the key; returns how many.
  int assign_to_all(Json& list, Path rest) {
    int assigned = 0;
    for (Json& layer : list) {
      if (!layer.is_object() || !layer.contains("type") || !layer["type"].is_string()) continue;
      const LayerType* type = find_layer_type(layer["type"].get<std::string>());
      if (type == nullptr) continue;
      const std::vector<std::string_view> keys = layer_keys(*type);
      const bool has_key = std::find(keys.begin(), keys.end(), rest[0]) != keys.end();
      if (has_key && !is_given_by_data(*type, rest[0])) {
        assign(layer[rest[0]], rest[0], rest.subspan(1));
        ++assigned;
      }
      const auto branch = layer.find("layers");
      if (branch != layer.end() && branch->is_array()) assigned += assign_to_all(*branch, rest);
    }
    return assigned;
  }

  /// Widths of hidden layers can be set all at once; that of the output is not free.
  static bool is_given_by_data(const LayerType& type, std::string_view key) {
    const auto* dense = std::get_if<DenseSpec>(&type.prototype.kind);
    return dense != nullptr && dense->is_output && key == "units";
  }

  /// Of a key that no layer here has: the types that have it, or the key that was meant.
  static std::string remedy_for(const std::string& key) {
    std::vector<std::string_view> keys;
    std::vector<std::string_view> types;
    for (const LayerType& type : layer_type_table()) {
      const std::vector<std::string_view> own = layer_keys(type);
      keys.insert(keys.end(), own.begin(), own.end());
      if (std::find(own.begin(), own.end(), key) != own.end()) types.push_back(type.name);
    }
    if (types.empty()) return did_you_mean(key, keys);
    return listed(types).insert(0, "; it is a setting of layers of type ");
  }

  const std::string& place_;
  const Json& value_;
  IssueList& issues_;
};

/// The layer that the longest start of the path names, and how many segments that takes.
struct NamedLayer {
  RawLayer* layer = nullptr;
  std::size_t segments = 0;
};

NamedLayer named_layer(std::vector<RawLayer>& layers, Path segments) {
  for (std::size_t count = segments.size(); count > 0; --count) {
    if (RawLayer* layer = find_layer(layers, join(segments.first(count)))) return {layer, count};
  }
  return {};
}

void apply_to_layer(std::vector<RawLayer>& layers, const Override& change, Path segments,
                    IssueList& issues) {
  const std::string place = change.origin + " " + change.path;
  const NamedLayer found = named_layer(layers, segments);
  if (found.layer == nullptr) {
    const std::vector<std::string_view> names = layer_names(layers);
    std::string message =
        "no layer is named '" + segments[0] + "'" + did_you_mean(segments[0], names);
    if (message.back() != '?') message += "; the layers are " + listed(names);
    issues.add(place, message);
    return;
  }
  const Path rest = segments.subspan(found.segments);
  if (rest.empty()) {
    issues.add(place, "names a layer; add the key to set, such as '." +
                          std::string(layer_keys(*found.layer->type).back()) + "'");
    return;
  }
  if (rest[0] == "type" || rest[0] == "repeat" || rest[0] == "layers") {
    issues.add(place, "'" + rest[0] +
                          "' decides the layers' names and cannot be set by a name; "
                          "use the layer's index: " +
                          found.layer->place + "." + rest[0]);
    return;
  }
  const Json value = json_or_text(change.value);
  Assignment(place, value, issues).assign(found.layer->object, found.layer->name, rest);
}

/// `epochs` and `steps` are two ways to say one thing: setting one takes the other's place.
void drop_the_other_length(Json& root, Path segments) {
  if (segments.size() != 2 || segments[0] != "train" || !root.is_object()) return;
  const auto train = root.find("train");
  if (train == root.end() || !train->is_object()) return;
  if (segments[1] == "steps") train->erase("epochs");
  if (segments[1] == "epochs") train->erase("steps");
}

}  // namespace

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  while (true) {
    const std::size_t dot = path.find('.');
    segments.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return segments;
    path.remove_prefix(dot + 1);
  }
}

Override parse_override(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError("--set",
                      "expected PATH=VALUE, such as train.lr=0.1, got '" + std::string(text) + "'");
  }
  return {.path = std::string(text.substr(0, equals)),
          .value = std::string(text.substr(equals + 1))};
}

void apply_overrides(Json& root, std::span<const Override> overrides, IssueList& issues) {
  for (const Override& change : overrides) {
    const std::vector<std::string> segments = path_segments(change.path);
    if (!check_text(change, issues)) continue;
    if (segments.size() > kDeepestJson) {
      std::string limit = std::to_string(kDeepestJson);
      issues.add(change.origin, limit.insert(0, "a path of more than ").append(" keys"));
      continue;
    }
    if (names_layer(segments)) continue;
    const std::string place = change.origin + " " + change.path;
    if (std::find(segments.begin(), segments.end(), "") != segments.end()) {
      issues.add(place, "the path has an empty part; keys are joined by single dots");
      continue;
    }
    drop_the_other_length(root, segments);
    const Json value = json_or_text(change.value);
    Assignment(place, value, issues).assign(root, "the config", segments);
  }
}

void apply_layer_overrides(std::vector<RawLayer>& layers, std::span<const Override> overrides,
                           IssueList& issues) {
  for (const Override& change : overrides) {
    const std::vector<std::string> segments = path_segments(change.path);
    if (!names_layer(segments) || segments.size() > kDeepestJson) continue;
    apply_to_layer(layers, change, Path(segments).subspan(2), issues);
  }
}

}  // namespace initbench
