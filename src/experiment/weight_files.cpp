#include "experiment/weight_files.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/errors.h"
#include "base/file_content.h"
#include "data/digest.h"
#include "init/file_choice.h"
#include "init/wording.h"

namespace initbench {
namespace {

std::string digest_of(std::string_view bytes) {
  Digest digest;
  digest.add_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return digest.hex();
}

/// A tensor that is neither weight nor bias, and where its values are.
struct OtherTensor {
  std::string name;
  std::string layer;
  std::vector<Index> dims;
  std::span<Scalar> values;
};

std::vector<OtherTensor> other_tensors(Network& network) {
  std::vector<OtherTensor> tensors;
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    const Parameter& parameter = network.parameters()[i];
    if (parameter.role == ParameterRole::weight || parameter.role == ParameterRole::bias) continue;
    VectorView values = network.values_of(static_cast<ParameterId>(i));
    tensors.push_back({.name = parameter.name,
                       .layer = parameter.layer,
                       .dims = parameter.dims,
                       .values = {values.data(), static_cast<std::size_t>(values.size())}});
  }
  for (const Node& node : network.nodes()) {
    const auto* norm = std::get_if<BatchNormOp>(&node.operation);
    if (norm == nullptr) continue;
    const std::string layer = network.parameter(norm->scale).layer;
    const auto channels = static_cast<std::size_t>(node.shape.channels);
    Scalar* const mean = network.running().data() + norm->running;
    const auto add = [&](const char* tensor, Scalar* values) {
      tensors.push_back({.name = layer + ".norm." + tensor,
                         .layer = layer,
                         .dims = {node.shape.channels},
                         .values = {values, channels}});
    };
    add("running_mean", mean);
    add("running_var", mean + channels);
  }
  return tensors;
}

/// The one file that every layer loads as a whole and by name from, if there is one.
std::optional<std::string> common_file(std::span<const LayerInit> inits) {
  std::set<std::string> files;
  for (const LayerInit& init : inits) {
    const std::optional<FileChoice> choice = file_choice(init.weight);
    if (!choice || !choice->whole_layer() || choice->by_order) return std::nullopt;
    files.insert(choice->file);
  }
  if (files.size() != 1) return std::nullopt;
  return *files.begin();
}

bool is_layer(std::span<const LayerInit> inits, std::string_view name) {
  return std::any_of(inits.begin(), inits.end(),
                     [&](const LayerInit& init) { return init.layer == name; });
}

/// "residual1.conv1" of "residual1.conv1.norm.weight".
std::string_view owner_of(std::string_view tensor) {
  tensor = tensor.substr(0, tensor.rfind('.'));
  for (const std::string_view part : {".norm", ".activation"}) {
    if (tensor.ends_with(part)) tensor.remove_suffix(part.size());
  }
  return tensor;
}

std::set<std::string, std::less<>> names_of_tensors(const Network& network,
                                                    std::span<const OtherTensor> others) {
  std::set<std::string, std::less<>> names;
  for (const Parameter& parameter : network.parameters()) names.insert(parameter.name);
  for (const OtherTensor& tensor : others) names.insert(tensor.name);
  return names;
}

/// What lets the network take a tensor that it has no place for.
std::string remedy_for(std::string_view tensor) {
  if (tensor.ends_with(".scale")) return R"(give the block "scale": {"learned": 0})";
  if (tensor.ends_with(".input_bias") || tensor.ends_with(".output_bias")) {
    return R"(give the block around it "scalar_biases": true)";
  }
  if (tensor.ends_with(".bias")) {
    return R"(remove "bias": false, or "scalar_biases" of the block around it)";
  }
  return "change the layer";
}

/// Why the stored tensor cannot serve, or "".
std::string problem_of(const OtherTensor& tensor, const StoredTensor& stored) {
  const bool scalar = tensor.values.size() == 1 && stored.values.size() == 1;
  if (stored.dims != tensor.dims && !scalar) {
    return "has " + std::to_string(stored.values.size()) + " entries, or another shape than the " +
           std::to_string(tensor.values.size()) + " entries needed; change the layer or the file";
  }
  const bool variances = tensor.name.ends_with("running_var");
  const bool negative = std::any_of(stored.values.begin(), stored.values.end(),
                                    [](Scalar value) { return value < 0; });
  return variances && negative ? "holds negative variances; save other ones" : "";
}

class Restoration {
 public:
  Restoration(Network& network, std::span<const LayerInit> inits, const LoadedWeights& weights)
      : network_(network),
        tensors_(other_tensors(network)),
        known_(names_of_tensors(network, tensors_)),
        inits_(inits),
        files_(weights.files),
        metadata_(weights.metadata) {
    for (const Node& node : network.nodes()) parts_.insert(node.layer);
  }

  std::vector<std::string> run() {
    for (const LayerInit& init : inits_) {
      const std::optional<FileChoice> choice = file_choice(init.weight);
      if (choice && choice->whole_layer()) restore_layer(init, *choice);
    }
    if (const std::optional<std::string> file = common_file(inits_)) {
      restore_rest(*file);
      compare_scales(*file);
    }
    for (const LayerInit& init : inits_) {
      const std::optional<FileChoice> choice = file_choice(init.weight);
      if (choice && choice->whole_layer() && !choice->by_order)
        refuse_leftovers(init, choice->file);
    }
    if (!issues_.empty()) throw ConfigError(std::move(issues_));
    return std::move(notes_);
  }

 private:
  void restore_layer(const LayerInit& init, const FileChoice& choice) {
    const std::string& path = choice.file;
    const auto file = files_.find(path);
    if (file == files_.end()) return;
    for (const OtherTensor& tensor : tensors_) {
      if (tensor.layer != init.layer) continue;
      if (choice.by_order) {
        report(init,
               "'" + tensor.name +
                   R"(' cannot be found with "names": "sequential", which )"
                   "knows weights and biases only; name the file's tensors as the layers here");
        continue;
      }
      const auto stored = file->second.find(tensor.name);
      if (stored == file->second.end()) {
        report(init, "'" + path + "' has no tensor '" + tensor.name +
                         "', which the layer has too; add it, or load the weights alone with "
                         "\"tensor\": \"" +
                         init.layer + ".weight\"");
        continue;
      }
      take(init, path, tensor, stored->second);
    }
  }

  void restore_rest(const std::string& path) {
    const auto file = files_.find(path);
    if (file == files_.end()) return;
    for (const OtherTensor& tensor : tensors_) {
      if (is_layer(inits_, tensor.layer)) continue;
      const auto stored = file->second.find(tensor.name);
      if (stored == file->second.end()) {
        notes_.push_back("not in " + path + ", so at its start: " + tensor.name);
      } else {
        take(inits_.front(), path, tensor, stored->second);
      }
    }
  }

  /// Fixed scales are no tensors: the config must say them.
  void compare_scales(const std::string& path) {
    const auto texts = metadata_.find(path);
    if (texts == metadata_.end()) return;
    for (const Node& node : network_.nodes()) {
      const auto* sum = std::get_if<AddOp>(&node.operation);
      if (sum == nullptr) continue;
      const auto text = texts->second.find(node.layer + ".scale");
      if (text == texts->second.end() || text->second == number_text(sum->scale)) continue;
      report(inits_.front(),
             "in the network of '" + path + "' the branch of '" + node.layer + "' has the factor " +
                 text->second + ", here " + number_text(sum->scale) +
                 "; give the block \"scale\": " +
                 (sum->learned_scale ? "{\"learned\": " + text->second + "}" : text->second));
    }
  }

  /// What the file has for the layer and the network has not would be missing without a word; the
  /// first layer of a file that serves all speaks for blocks and the like, too.
  void refuse_leftovers(const LayerInit& init, const std::string& path) {
    const auto file = files_.find(path);
    if (file == files_.end()) return;
    const bool speaks_for_all = common_file(inits_).has_value() && &init == &inits_.front();
    for (const auto& [name, stored] : file->second) {
      const std::string_view owner = owner_of(name);
      const bool of_others = speaks_for_all && parts_.contains(owner) && !is_layer(inits_, owner);
      if ((owner != init.layer && !of_others) || known_.contains(name)) continue;
      report(init, "'" + file->first + "' has a tensor '" + name + "', but '" + std::string(owner) +
                       "' here has none; " + remedy_for(name) + ", or take it out of the file");
    }
  }

  void take(const LayerInit& init, const std::string& path, const OtherTensor& tensor,
            const StoredTensor& stored) {
    const std::string problem = problem_of(tensor, stored);
    if (problem.empty()) {
      std::copy(stored.values.begin(), stored.values.end(), tensor.values.begin());
    } else {
      report(init, "tensor '" + tensor.name + "' of '" + path + "' " + problem);
    }
  }

  void report(const LayerInit& init, const std::string& message) {
    issues_.push_back({init.place, "layer '" + init.layer + "', init: " + message});
  }

  const Network& network_;
  std::vector<OtherTensor> tensors_;
  std::set<std::string, std::less<>> known_;  // names of all tensors of the network
  std::set<std::string, std::less<>> parts_;  // names of its layers and blocks
  std::span<const LayerInit> inits_;
  const WeightFiles& files_;
  const decltype(LoadedWeights::metadata)& metadata_;
  std::vector<ConfigIssue> issues_;
  std::vector<std::string> notes_;
};

}  // namespace

LoadedWeights load_weight_files(const ExperimentConfig& config) {
  std::set<std::string> paths;
  for (const LayerInit& init : config.inits) {
    for (const InitChoice* choice : {&init.weight, &init.bias}) {
      if (const auto asked = file_choice(*choice)) paths.insert(asked->file);
    }
  }
  LoadedWeights loaded;
  for (const std::string& path : paths) {
    const std::optional<std::string> bytes = content_of_file(path);
    if (!bytes) continue;
    loaded.files.emplace(path, parse_safetensors(*bytes, path));
    loaded.metadata.emplace(path, parse_safetensors_metadata(*bytes, path));
    loaded.notes.push_back("loaded " + path + ", digest " + digest_of(*bytes));
  }
  return loaded;
}

std::vector<std::string> restore_other_tensors(Network& network, std::span<const LayerInit> inits,
                                               const LoadedWeights& weights) {
  return Restoration(network, inits, weights).run();
}

}  // namespace initbench
