/// Prints a digest of the bits of every scheme's draws and of every synthetic data set, a line
/// each. bit_identity.sh compares what different compilers make of it. Built with double precision,
/// where a difference in a last bit shows; rounding to float would hide almost all of them.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/errors.h"
#include "data/synthetic.h"
#include "init/scheme.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

/// FNV-1a over the bits of numbers.
class Digest {
 public:
  void add(Scalar value) { add(std::bit_cast<std::uint64_t>(static_cast<double>(value))); }
  void add(std::uint64_t bits) {
    for (int byte = 0; byte < 8; ++byte) hash_ = (hash_ ^ (bits >> (8 * byte) & 0xff)) * kPrime;
  }
  void print(const std::string& name) const {
    std::printf("%016llx %s\n", static_cast<unsigned long long>(hash_), name.c_str());
  }

 private:
  static constexpr std::uint64_t kPrime = 0x100000001b3ULL;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

/// The defaults, each word that a parameter may be, and a number of few bits for each parameter.
std::vector<InitChoice> choices_of(const Scheme& row) {
  std::vector<InitChoice> choices{choose(row.name)};
  for (std::size_t i = 0; i < row.parameters.size(); ++i) {
    const SchemeParameter& parameter = row.parameters[i];
    InitChoice changed = choices.front();
    for (const std::string_view word : parameter.choices) {
      changed.arguments[i] = std::string(word);
      choices.push_back(changed);
    }
    if (!parameter.number_allowed) continue;
    changed.arguments[i] = parameter.integer ? 1.0 : 0.7;
    if (row.conflict == nullptr || row.conflict(changed).empty()) choices.push_back(changed);
  }
  return choices;
}

/// Each linear, and with a slope whose square is no double, as the layer's own activation and as
/// `auto`.
std::vector<TestTensor> tensors_to_fill() {
  std::vector<TestTensor> tensors = assorted_tensors();
  tensors.push_back(dense_weight(90, 70));
  tensors.push_back(convolution_weight({.out = 10, .in = 8, .height = 3, .width = 3}));
  const std::size_t linear = tensors.size();
  for (std::size_t i = 0; i < linear; ++i) {
    tensors.push_back(tensors[i]);
    tensors.back().activation = {.kind = ActivationKind::leaky_relu, .parameter = 0.3};
  }
  return tensors;
}

void print_schemes() {
  const std::vector<TestTensor> tensors = tensors_to_fill();
  for (const Scheme* row : rows_with_defaults()) {
    Digest digest;
    bool fits = false;
    for (const InitChoice& choice : choices_of(*row)) {
      for (const TestTensor& tensor : tensors) {
        if (!misfit_of(choice, tensor.context()).empty()) continue;
        for (const Scalar value : filled(choice, tensor)) digest.add(value);
        fits = true;
      }
    }
    expects(fits, "every scheme fits a tensor");
    digest.print("scheme " + std::string(row->name));
  }
}

void add(const Dataset& dataset, Digest& digest) {
  for (const Scalar value : dataset.values.reshaped()) digest.add(value);
  for (const std::int32_t label : dataset.labels) digest.add(static_cast<std::uint64_t>(label));
  for (const Scalar value : dataset.targets.reshaped()) digest.add(value);
}

void print_synthetic_sets() {
  for (const DatasetRow& row : dataset_table()) {
    if (!row.synthetic) continue;
    DataSpec spec;
    spec.dataset = row.name;
    spec.train_size = 60;
    spec.test_size = 20;
    const DataSplits splits = generate(row, resolve_synthetic(row, spec), 0);
    Digest digest;
    add(splits.train, digest);
    add(splits.test, digest);
    digest.print("dataset " + std::string(row.name));
  }
}

}  // namespace
}  // namespace initbench

int main() {
  try {
    initbench::print_schemes();
    initbench::print_synthetic_sets();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
