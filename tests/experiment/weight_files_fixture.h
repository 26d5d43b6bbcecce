// Networks that load their weights from a file that the test writes.
#pragma once

#include <gtest/gtest.h>

#include "experiment/config_text.h"
#include "experiment/trial.h"
#include "experiment/weight_content.h"
#include "report/folder_fixture.h"

namespace initbench::testing {

/// A tensor of 1/16, 2/16, ...
inline StoredTensor counted(std::vector<Index> dims) {
  Index size = 1;
  for (const Index dim : dims) size *= dim;
  StoredTensor tensor{.dims = std::move(dims), .values = {}};
  for (Index i = 0; i < size; ++i) tensor.values.push_back(static_cast<Scalar>(i + 1) / 16);
  return tensor;
}

class WeightFilesTest : public FolderTest {
 protected:
  void write(const SafetensorsContent& content) const {
    write_text(file(), compose_safetensors(content));
  }
  std::string file() const { return path("w.safetensors"); }

  /// A config for small images or blobs whose model loads from `file()`; `more` are further
  /// arguments.
  std::string config_text(std::string_view layers, const std::string& more = "",
                          const std::string& dataset = "blobs") const {
    const std::string size = dataset == "images" ? R"("image_size": 8)" : R"("features": 3)";
    return R"({"data": {"dataset": ")" + dataset + R"(", )" + size +
           R"(, "classes": 2, "train_size": 32, "test_size": 16},
        "train": {"steps": 4, "batch_size": 8, "lr": 0.1},
        "model": {"init": {"scheme": "load", "file": ")" +
           file() + "\"" + more + R"(}, "layers": [)" + std::string(layers) + "]}}";
  }

  static Network initialized(const ExperimentConfig& config) {
    NetworkKeeper keeper;
    ExperimentConfig untrained = config;
    untrained.train.steps = 0;
    run_trial(untrained, load_data(config.data, config.seed), keeper);
    return *keeper.network;
  }
  static Network trained(const ExperimentConfig& config) {
    NetworkKeeper keeper;
    run_trial(config, load_data(config.data, config.seed), keeper);
    return *keeper.network;
  }

  static std::string misfits(const std::string& text) {
    const ExperimentConfig config = read(text);
    try {
      check_against_data(config, load_data(config.data, config.seed));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }

 private:
  struct NetworkKeeper : Observer {
    void on_end(std::int64_t, const Network& end) override { network = end; }
    std::optional<Network> network;
  };
};

inline constexpr const char* kDense = R"({"type": "dense", "units": 4}, {"type": "output"})";

inline SafetensorsContent dense_content() {
  SafetensorsContent content;
  content.tensors = {{"dense1.weight", counted({4, 3})},
                     {"dense1.bias", counted({4})},
                     {"output.weight", counted({2, 4})},
                     {"output.bias", counted({2})}};
  return content;
}

}  // namespace initbench::testing
