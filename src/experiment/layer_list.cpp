#include "experiment/layer_list.h"

#include <map>

#include "experiment/field_reader.h"

namespace initbench {
namespace {

/// What every list of layers shares with those inside its residual layers.
class Expansion {
 public:
  explicit Expansion(IssueList& issues) : issues_(issues) {}

  std::vector<RawLayer> expand(const Json& list, const std::string& place,
                               const std::string& name_prefix) {
    std::vector<RawLayer> layers;
    if (!list.is_array() || list.empty()) {
      const std::string what = list.is_array() ? "an empty list" : describe(list);
      issues_.add(place, "expected a list of layers, got " + what);
      return layers;
    }
    std::map<std::string_view, Index> counts;
    for (std::size_t i = 0; i < list.size() && left_ > 0; ++i) {
      const std::string layer_place = place + "." + std::to_string(i);
      const LayerType* type = type_at(list[i], layer_place);
      if (type == nullptr) continue;
      const Index copies = repetitions(list[i], layer_place);
      for (Index copy = 0; copy < copies && take_one(); ++copy) {
        const Index number = ++counts[type->prefix];
        std::string name = name_prefix + std::string(type->prefix);
        if (type->prefix != "output") name += std::to_string(number);
        layers.push_back(make_layer(list[i], *type, std::move(name), layer_place));
      }
    }
    return layers;
  }

 private:
  RawLayer make_layer(const Json& object, const LayerType& type, std::string name,
                      const std::string& place) {
    RawLayer layer{
        .object = object, .type = &type, .name = std::move(name), .place = place, .children = {}};
    layer.object.erase("repeat");
    const auto branch = object.find("layers");
    const bool residual = std::holds_alternative<ResidualSpec>(type.prototype.kind);
    if (residual && branch != object.end()) {
      layer.children = expand(*branch, place + ".layers", layer.name + ".");
    }
    return layer;
  }

  const LayerType* type_at(const Json& object, const std::string& place) {
    if (!object.is_object()) {
      issues_.add(place, "expected a layer, an object with \"type\", got " + describe(object));
      return nullptr;
    }
    const auto found = object.find("type");
    if (found == object.end()) {
      issues_.add(place, "needs \"type\"; see: initbench list layers");
      return nullptr;
    }
    const std::string type_place = place + ".type";
    const std::optional<std::string> name = read_text({*found, type_place}, issues_);
    if (!name) return nullptr;
    const LayerType* type = find_layer_type(*name);
    if (type == nullptr) {
      std::vector<std::string_view> names;
      for (const LayerType& row : layer_type_table()) names.push_back(row.name);
      report_unknown(type_place, "type of layer", *name, names, "see: initbench list layers",
                     issues_);
    }
    return type;
  }

  Index repetitions(const Json& object, const std::string& place) {
    Repetition repetition;
    FieldReader reader(object, place, issues_);
    visit_fields(reader, repetition);
    return repetition.count;
  }

  /// Counts one more layer; false, once with a report, when there are too many.
  bool take_one() {
    if (left_ > 0) --left_;
    if (left_ > 0) return true;
    issues_.add("model.layers", "more than " + std::to_string(kMostLayers) +
                                    " layers after their repeats; repeat less");
    return false;
  }

  IssueList& issues_;
  Index left_ = kMostLayers + 1;
};

/// Collects the keys of a list of fields.
class KeyCollector {
 public:
  static constexpr bool kFills = false;

  template <class... Rest>
  void whole(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void real(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void flag(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void choice(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void pair(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void activation(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void scheme(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void padding(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  template <class... Rest>
  void scale(const Key& key, const Rest&...) {
    keys.push_back(key.name);
  }
  void layers(const Key& key) { keys.push_back(key.name); }

  std::vector<std::string_view> keys{"type"};
};

}  // namespace

std::vector<RawLayer> expand_layers(const Json& list, const std::string& place, IssueList& issues) {
  return Expansion(issues).expand(list, place, "");
}

RawLayer* find_layer(std::vector<RawLayer>& layers, std::string_view name) {
  for (RawLayer& layer : layers) {
    if (layer.name == name) return &layer;
    if (RawLayer* inner = find_layer(layer.children, name)) return inner;
  }
  return nullptr;
}

std::vector<std::string_view> layer_names(const std::vector<RawLayer>& layers) {
  std::vector<std::string_view> names;
  for (const RawLayer& layer : layers) {
    names.push_back(layer.name);
    const std::vector<std::string_view> inner = layer_names(layer.children);
    names.insert(names.end(), inner.begin(), inner.end());
  }
  return names;
}

Index count_blocks(const std::vector<RawLayer>& layers) {
  Index blocks = 0;
  for (const RawLayer& layer : layers) {
    if (std::holds_alternative<ResidualSpec>(layer.type->prototype.kind)) ++blocks;
    blocks += count_blocks(layer.children);
  }
  return blocks;
}

std::vector<std::string_view> layer_keys(const LayerType& type) {
  KeyCollector collector;
  LayerInit no_init;
  Repetition repetition;
  LayerSpec prototype = type.prototype;
  visit_fields(collector, repetition);
  visit_layer(collector, prototype, no_init);
  return collector.keys;
}

}  // namespace initbench
