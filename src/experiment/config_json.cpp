#include "experiment/config_json.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/hash.h"
#include "experiment/field_reader.h"
#include "experiment/field_writer.h"
#include "experiment/folder_names.h"
#include "experiment/layer_list.h"
#include "experiment/overrides.h"

namespace initbench {
namespace {

/// Reads `model`: the defaults, then the layers that follow them.
class ModelReader {
 public:
  ModelReader(IssueList& issues, ExperimentConfig& config) : issues_(issues), config_(config) {}

  void read(const Json& model, std::span<const Override> overrides) {
    if (!model.is_object()) {
      issues_.add("model", "expected an object, got " + describe(model));
      return;
    }
    FieldReader reader(model, "model", issues_);
    visit_fields(reader, defaults_);
    reader.finish();
    const auto list = model.find("layers");
    if (list == model.end()) return;
    const std::size_t issues_before = issues_.size();
    std::vector<RawLayer> layers = expand_layers(*list, "model.layers", issues_);
    // A layer that could not be named would make every name a riddle.
    if (issues_.size() == issues_before) apply_layer_overrides(layers, overrides, issues_);
    blocks_ = count_blocks(layers);
    config_.model = read_layers(layers);
    issues_.set_layer("");
    check_output_is_last(layers, true);
  }

 private:
  std::vector<LayerSpec> read_layers(const std::vector<RawLayer>& layers) {
    std::vector<LayerSpec> specs;
    specs.reserve(layers.size());
    for (const RawLayer& raw : layers) specs.push_back(read_layer(raw));
    return specs;
  }

  LayerSpec read_layer(const RawLayer& raw) {
    LayerSpec spec = raw.type->prototype;
    spec.name = raw.name;
    spec.place = raw.place;
    LayerInit init{.layer = raw.name, .weight = {}, .bias = {}, .place = raw.place};
    apply_defaults(*raw.type, spec, init);
    issues_.set_layer(raw.name);
    FieldReader reader(raw.object, raw.place, issues_, blocks_);
    reader.ignored(Key{"type", ""});
    visit_layer(reader, spec, init);
    reader.finish();
    if (auto* residual = std::get_if<ResidualSpec>(&spec.kind)) {
      residual->layers = read_layers(raw.children);
      init.layer += ".shortcut";
      if (residual->shortcut == Shortcut::projection) config_.inits.push_back(std::move(init));
    } else if (raw.type->parametrised) {
      if (init.bias.scheme == nullptr) init.bias = biases_of(init.weight);
      config_.inits.push_back(std::move(init));
    }
    return spec;
  }

  /// The law of biases for a layer whose `bias_init` nobody gave.
  static InitChoice biases_of(const InitChoice& weight) {
    return weight.scheme->brings_biases ? weight : choose("zeros");
  }

  void apply_defaults(const LayerType& type, LayerSpec& spec, LayerInit& init) const {
    const bool residual = std::holds_alternative<ResidualSpec>(spec.kind);
    const std::string_view rule = residual ? "projection" : type.name;
    const auto weight = defaults_.init_by_type.find(rule);
    const auto bias = defaults_.bias_init_by_type.find(rule);
    init.weight = weight == defaults_.init_by_type.end() ? defaults_.init : weight->second;
    init.bias = bias == defaults_.bias_init_by_type.end() ? defaults_.bias_init : bias->second;
    if (auto* dense = std::get_if<DenseSpec>(&spec.kind); dense != nullptr && !dense->is_output) {
      dense->activation = defaults_.activation;
      dense->norm = defaults_.norm;
    }
    if (auto* convolution = std::get_if<Conv2dSpec>(&spec.kind)) {
      convolution->activation = defaults_.activation;
      convolution->norm = defaults_.norm;
    }
    if (auto* alone = std::get_if<ActivationSpec>(&spec.kind)) {
      alone->activation = defaults_.activation;
    }
  }

  void check_output_is_last(const std::vector<RawLayer>& layers, bool is_whole_model) {
    for (const RawLayer& layer : layers) {
      check_output_is_last(layer.children, false);
      const bool is_last = is_whole_model && &layer == &layers.back();
      if (layer.type->name == "output" && !is_last) {
        issues_.add(layer.place, "the output layer must be the last of the model; use \"dense\"");
      }
    }
  }

  IssueList& issues_;
  ExperimentConfig& config_;
  ModelDefaults defaults_;
  Index blocks_ = 0;
};

/// Why a name cannot be a folder's, or "".
std::string name_problem(const std::string& name) {
  constexpr std::size_t kLongest = 100;
  if (name.empty()) return "must not be empty";
  if (name.size() > kLongest) return "must not be longer than 100 bytes";
  if (!is_text(name)) return "must be UTF-8 text";
  if (name.front() == '.' || name.front() == '-') return "must not start with '.' or '-'";
  for (const char c : name) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (control || c == '/' || c == '\\') {
      return "names a folder, so it must not hold '/', '\\' or control characters";
    }
  }
  if (name == kMergedFolder) return "is the name of the folder of merged tables";
  if (is_run_id(name)) return "looks like the id of a run, which is what its folder would hold";
  if (name.starts_with("plan-") && name.ends_with(".jsonl")) return "looks like the file of a plan";
  return "";
}

void check_name(const std::string& name, bool given, IssueList& issues) {
  const std::string problem = name_problem(name);
  if (problem.empty()) return;
  issues.add("name",
             given ? problem : "the file's name cannot serve (" + problem + "); give a \"name\"");
}

void resolve_train(TrainConfig& train, const DatasetRow* dataset, IssueList& issues) {
  if (train.epochs && train.steps) {
    issues.add("train.steps", "epochs and steps are both given; keep one of the two");
  }
  if (!train.epochs && !train.steps) train.epochs = 1;
  if (train.optimizer.nesterov && train.optimizer.momentum <= 0) {
    issues.add("train.nesterov", "needs a momentum above 0");
  }
  if (!train.loss && dataset != nullptr) {
    train.loss = dataset->classification ? Loss::cross_entropy : Loss::mse;
  }
}

/// Fills in the set's own defaults, so that leaving them out and giving them is the same.
void resolve_data(DataSpec& data, const DatasetRow* row, IssueList& issues) {
  if (row == nullptr) return;
  try {
    check_data_spec(data);
  } catch (const ConfigError& error) {
    for (const ConfigIssue& issue : error.issues()) issues.add(issue.place, issue.message);
  }
  if (!row->synthetic) return;
  if (!data.features) data.features = row->features;
  if (!data.classes) data.classes = row->classes;
  if (!data.noise) data.noise = row->noise;
  if (!data.image_size) data.image_size = row->image_size;
  if (!data.train_size) data.train_size = row->train_size;
  if (!data.test_size) data.test_size = row->test_size;
}

Json layers_json(const ModelSpec& layers,
                 const std::map<std::string_view, const LayerInit*>& inits) {
  Json list = Json::array();
  for (const LayerSpec& layer : layers) {
    const auto* residual = std::get_if<ResidualSpec>(&layer.kind);
    const std::string shortcut = layer.name + ".shortcut";
    const auto found = inits.find(residual == nullptr ? layer.name : shortcut);
    const LayerInit init = found == inits.end() ? LayerInit{} : *found->second;
    FieldWriter writer;
    writer.text(Key{"type", ""}, std::string(type_of(layer).name));
    visit_layer(writer, layer, init);
    Json json = writer.take();
    if (residual != nullptr) json["layers"] = layers_json(residual->layers, inits);
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

ExperimentConfig read_config(std::string_view text, std::string_view file,
                             std::span<const Override> overrides) {
  JsonText parsed = parse_json(text);
  IssueList issues;
  for (const ConfigIssue& issue : parsed.issues) {
    issues.add(issue.place.empty() ? std::string(file) : issue.place, issue.message);
  }
  if (!parsed.complete) issues.throw_if_any();
  if (!parsed.root.is_object()) {
    throw ConfigError(std::string(file), "expected an object, got " + describe(parsed.root) +
                                             "; see: initbench schema");
  }
  apply_overrides(parsed.root, overrides, issues);

  ExperimentConfig config;
  config.name = std::filesystem::path(file).stem().string();
  FieldReader reader(parsed.root, "", issues);
  visit_fields(reader, config);
  reader.finish();
  check_name(config.name, parsed.root.contains("name"), issues);
  const DatasetRow* dataset = find_dataset(config.data.dataset);
  resolve_data(config.data, dataset, issues);
  resolve_train(config.train, dataset, issues);
  const auto model = parsed.root.find("model");
  if (model != parsed.root.end()) ModelReader(issues, config).read(*model, overrides);
  issues.throw_if_any();
  return config;
}

std::string read_config_text(const std::filesystem::path& path) {
  constexpr std::size_t kLargest = std::size_t{16} << 20U;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 1 << 16> chunk{};
  while (file && text.size() <= kLargest) {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof() && text.size() <= kLargest) {
    const std::string reason = errno == 0 ? "unreadable" : std::strerror(errno);
    throw ConfigError(path.string(), "cannot read this config: " + reason);
  }
  if (text.size() > kLargest) {
    throw ConfigError(path.string(), "is larger than 16 MiB, which no config is");
  }
  return text;
}

Json to_json(const ExperimentConfig& config) {
  std::map<std::string_view, const LayerInit*> inits;
  for (const LayerInit& init : config.inits) inits.emplace(init.layer, &init);
  FieldWriter writer;
  visit_fields(writer, config);
  Json json = writer.take();
  json["model"]["layers"] = layers_json(config.model, inits);
  return json;
}

std::string run_id(const ExperimentConfig& config) { return run_id_of(to_json(config)); }

std::string run_id_of(const Json& config) { return hex_digits(fnv1a(config.dump())); }

}  // namespace initbench
