// How long theory takes for a network of a hundred layers: dense, and convolutions of 28 x 28.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "experiment/config_json.h"
#include "experiment/data_cache.h"
#include "experiment/trial.h"
#include "init/layer_laws.h"
#include "theory/prediction.h"

namespace initbench {
namespace {

void predict_hundred(benchmark::State& state, const std::string& data, const std::string& layer,
                     const std::string& activation) {
  const ExperimentConfig config =
      read_config(R"({"data": {)" + data + R"(, "train_size": 64, "test_size": 1},
          "model": {"init": "xavier_normal", "activation": ")" +
                      activation + R"(", "layers": [{)" + layer + R"(, "repeat": 100},
                                  {"type": "output"}]}})",
                  "bench", {});
  const DataSplits splits = load_data(config.data, config.seed);
  const Network network = build_network(config, splits.train);
  const Matrix& inputs = splits.train.values;
  const ConstMatrixView batch(inputs.data(), inputs.rows(), inputs.cols());
  for (auto _ : state) {
    const std::vector<LayerLaw> laws = laws_of(network, layer_inits(config, network));
    benchmark::DoNotOptimize(predict(network, laws, measure_input(network, batch)));
  }
}

const std::string kFlat = R"("dataset": "gaussian", "features": 64)";
const std::string kImages = R"("dataset": "images", "image_size": 28)";
const std::string kDense = R"("type": "dense", "units": 64)";
const std::string kConvolution =
    R"("type": "conv2d", "channels": 8, "kernel": 3, "padding": "same")";

void register_all() {
  for (const char* activation : {"relu", "tanh", "gelu", "sin"}) {
    const std::string name = activation;
    benchmark::RegisterBenchmark(("dense100/" + name).c_str(), [name](benchmark::State& state) {
      predict_hundred(state, kFlat, kDense, name);
    })->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("conv100/" + name).c_str(), [name](benchmark::State& state) {
      predict_hundred(state, kImages, kConvolution, name);
    })->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("normed_conv100/" + name).c_str(), [name](
                                                                         benchmark::State& state) {
      predict_hundred(state, kImages, kConvolution + R"(, "norm": "batch")", name);
    })->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace initbench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  initbench::register_all();
  benchmark::RunSpecifiedBenchmarks();
}
