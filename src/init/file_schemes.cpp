/// Weights made elsewhere: load. The files are read before (experiment/weight_files.h); here their
/// tensors are looked up, compared with what the layer needs, and brought into its order.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/errors.h"
#include "base/suggest.h"
#include "init/file_choice.h"
#include "init/rows.h"
#include "init/wording.h"
#include "nn/torch_layout.h"

namespace initbench {
namespace {

const WeightFile* file_of(const FileChoice& choice, const TensorContext& context) {
  if (context.files == nullptr) return nullptr;
  const auto found = context.files->find(choice.file);
  return found == context.files->end() ? nullptr : &found->second;
}

/// The modules of a torch.nn.Sequential that have a matrix or kernel, by their index.
std::vector<Index> linear_modules(const WeightFile& file) {
  constexpr std::string_view kWeight = ".weight";
  std::vector<Index> modules;
  for (const auto& [name, tensor] : file) {
    if (!name.ends_with(kWeight) || tensor.dims.size() < 2) continue;
    const char* const end = name.data() + name.size() - kWeight.size();
    Index module = 0;
    const auto [stop, error] = std::from_chars(name.data(), end, module);
    if (stop == end && error == std::errc{}) modules.push_back(module);
  }
  std::sort(modules.begin(), modules.end());
  return modules;
}

/// The name in the file of the tensor that is wanted; empty when the layer's place in its network
/// names none.
std::string name_in_file(const FileChoice& choice, const TensorContext& context,
                         const WeightFile& file) {
  if (!choice.whole_layer()) return choice.tensor;
  if (!choice.by_order) return context.parameter.name;
  const std::vector<Index> modules = linear_modules(file);
  const auto place = static_cast<std::size_t>(context.position.index);
  if (context.position.role == LayerRole::projection || place >= modules.size()) return "";
  return std::to_string(modules[place]) + "." + context.parameter.tensor;
}

std::string dims_text(const std::vector<Index>& dims) {
  std::string text;
  for (const Index dim : dims) text += (text.empty() ? "" : ", ") + std::to_string(dim);
  return "(" + text + ")";
}

std::string missing_tensor(const FileChoice& choice, const TensorContext& context,
                           const WeightFile& file, const std::string& name) {
  constexpr std::size_t kMostNames = 12;
  std::vector<std::string_view> names;
  for (const auto& item : file) names.push_back(item.first);
  std::string text = "'" + choice.file + "' has no tensor '" + name + "'";
  text += did_you_mean(name, names);
  if (names.empty()) return text + "; it is empty";
  const bool all = names.size() <= kMostNames;
  if (!all) names.resize(kMostNames);
  text += "; it has " + listed(names, "and") + (all ? "" : " and more");
  if (context.parameter.role == ParameterRole::bias) {
    if (file.contains(context.parameter.layer + ".input_bias")) {
      return text + "; it has scalars instead: give the block around it \"scalar_biases\": true";
    }
    return text + "; give the layer a \"bias_init\" such as zeros, or \"bias\": false";
  }
  return text + R"(; name one with "tensor", or use "names": "sequential" for the file of a )"
                "torch.nn.Sequential";
}

std::string shape_difference(const FileChoice& choice, const TensorContext& context,
                             const std::string& name, const std::vector<Index>& stored) {
  const Parameter& parameter = context.parameter;
  std::string text = "tensor '" + name + "' of '" + choice.file + "' has the shape " +
                     dims_text(stored) + ", but the layer needs " + dims_text(parameter.dims);
  if (parameter.role == ParameterRole::bias && !choice.whole_layer()) {
    return text + R"(; "tensor" names the weights: give the layer a "bias_init" of its own)";
  }
  if (std::equal(stored.rbegin(), stored.rend(), parameter.dims.begin(), parameter.dims.end())) {
    return text + "; transpose it: PyTorch's layout is (out, in)";
  }
  return text + "; change the layer, or load another tensor";
}

std::string misfit(const InitChoice& init, const TensorContext& context) {
  const FileChoice choice = file_choice(init).value();
  const WeightFile* file = file_of(choice, context);
  if (file == nullptr) {
    return "there is no file '" + choice.file +
           "'; give a path that is right from the folder where initbench is started";
  }
  const std::string name = name_in_file(choice, context, *file);
  if (name.empty()) {
    return "'" + choice.file + "' has " + std::to_string(linear_modules(*file).size()) +
           " tensors N.weight of matrices or kernels, so it has none for this layer by its order; "
           "name one with \"tensor\"";
  }
  const auto found = file->find(name);
  if (found == file->end()) return missing_tensor(choice, context, *file, name);
  if (found->second.dims == context.parameter.dims) return "";
  return shape_difference(choice, context, name, found->second.dims);
}

void fill(const InitChoice& init, const TensorContext& context, Rng&, std::span<Scalar> values) {
  const FileChoice choice = file_choice(init).value();
  const WeightFile* file = file_of(choice, context);
  expects(file != nullptr, "files are loaded and fit");
  const std::vector<Scalar>& stored = file->at(name_in_file(choice, context, *file)).values;
  expects(stored.size() == values.size(), "the tensor has the layer's shape");
  if (flattens_image(context.parameter, context.input)) {
    const std::vector<Scalar> own = from_torch_columns(context.input, stored);
    std::copy(own.begin(), own.end(), values.begin());
  } else {
    std::copy(stored.begin(), stored.end(), values.begin());
  }
}

std::string conflict(const InitChoice& init) {
  const FileChoice choice = file_choice(init).value();
  if (choice.whole_layer() || !choice.by_order) return "";
  return R"("tensor" names the tensor by itself; remove "names": "sequential")";
}

}  // namespace

std::optional<FileChoice> file_choice(const InitChoice& choice) {
  if (choice.scheme == nullptr || !choice.scheme->reads_files) return std::nullopt;
  return FileChoice{.file = choice.word("file"),
                    .tensor = choice.word("tensor"),
                    .by_order = choice.word("names") == "sequential"};
}

std::vector<Scheme> file_rows() {
  const SchemeParameter file{.name = "file",
                             .summary = "A safetensors file, from the working directory.",
                             .default_value = "",
                             .number_allowed = false,
                             .text = true,
                             .required = true};
  const SchemeParameter tensor{
      .name = "tensor",
      .summary = "The weights' tensor alone; empty: everything of the layer, by its name.",
      .default_value = "",
      .number_allowed = false,
      .text = true};
  const SchemeParameter names{
      .name = "names",
      .summary =
          "How the file names tensors: by layer (dense1.weight), or as a "
          "torch.nn.Sequential (0.weight, 2.weight, ...) in the layers' order.",
      .default_value = "layers",
      .choices = {"layers", "sequential"},
      .number_allowed = false};
  return {
      {.name = "load",
       .summary = "Weights and biases from a safetensors file, in PyTorch's names and layout; "
                  "without \"tensor\" also norms, slopes and running statistics.",
       .formula = "w = the file's tensor <layer>.weight, b = <layer>.bias",
       .source = "github.com/huggingface/safetensors; torch.nn.Module.load_state_dict",
       .parameters = {file, tensor, names},
       .for_biases = true,
       .brings_biases = true,
       .conflict = conflict,
       .misfit = misfit,
       .fill = fill,
       .reads_files = true},
  };
}

}  // namespace initbench
