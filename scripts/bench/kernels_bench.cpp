/// Times of the kernels that a training step is made of, one thread each, in the sizes of the rows
/// of scripts/bench/rows.py. Target bench_kernels; flags are Google Benchmark's
/// (--benchmark_filter=product).
#include <benchmark/benchmark.h>

#include <string>

#include "base/moments.h"
#include "nn/activation.h"
#include "nn/convolution.h"
#include "nn/network_builder.h"
#include "nn/pooling.h"
#include "nn/product.h"
#include "nn/tape.h"
#include "probe/layer_statistics.h"
#include "train/optimizer.h"

namespace initbench {
namespace {

/// Values in [-1, 1] that are the same in every run.
Matrix filled(Index rows, Index columns) {
  return Matrix::NullaryExpr(rows, columns, [](Index row, Index column) {
    return static_cast<Scalar>((row * 7919 + column * 104729) % 2001 - 1000) / 1000;
  });
}

ConstMatrixView view(const Matrix& matrix) { return {matrix.data(), matrix.rows(), matrix.cols()}; }
MatrixView view(Matrix& matrix) { return {matrix.data(), matrix.rows(), matrix.cols()}; }

/// Shows a rate of `count` things a call.
void count_rate(benchmark::State& state, const std::string& name, double count) {
  state.counters[name] = benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate);
}

/// Arguments: outputs, inputs, batch.
void forward_product(benchmark::State& state) {
  const Index outputs = state.range(0), inputs = state.range(1), batch = state.range(2);
  const Matrix weight = filled(inputs, outputs), x = filled(inputs, batch);
  Matrix y(outputs, batch);
  for (auto _ : state) {
    product(view(weight), Transpose::yes, view(x), Transpose::no, view(y));
    benchmark::DoNotOptimize(y.data());
  }
  count_rate(state, "FLOP/s", 2.0 * static_cast<double>(outputs * inputs * batch));
}

void weight_gradient_product(benchmark::State& state) {
  const Index outputs = state.range(0), inputs = state.range(1), batch = state.range(2);
  const Matrix dy = filled(outputs, batch), x = filled(inputs, batch);
  Matrix gradient(inputs, outputs);
  for (auto _ : state) {
    product(view(x), Transpose::no, view(dy), Transpose::yes, view(gradient));
    benchmark::DoNotOptimize(gradient.data());
  }
  count_rate(state, "FLOP/s", 2.0 * static_cast<double>(outputs * inputs * batch));
}

void dense_shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"out", "in", "batch"});
  for (const Index width : {64, 100}) bench->Args({width, width, 64});
  for (const Index width : {256, 512}) bench->Args({width, width, 128});
  bench->Args({256, 784, 128});
}
BENCHMARK(forward_product)->Apply(dense_shapes);
BENCHMARK(weight_gradient_product)->Apply(dense_shapes);

/// Arguments: input and output channels, image side, kernel side; "same" padding, batch 64.
struct ConvolutionCase {
  explicit ConvolutionCase(const benchmark::State& state) {
    const Index side = state.range(2), kernel = state.range(3);
    geometry.in = Shape::image(side, side, state.range(0));
    geometry.out = Shape::image(side, side, state.range(1));
    geometry.kernel = {kernel, kernel};
    geometry.pad_before = geometry.pad_after = {kernel / 2, kernel / 2};
    x = filled(geometry.in.features(), kBatch);
    y = filled(geometry.out.features(), kBatch);
    weight = filled(geometry.weight_size(), 1);
    bias = filled(geometry.out.channels, 1);
  }
  double flops() const {
    return 2.0 * kBatch *
           static_cast<double>(geometry.out.features() * geometry.in.channels * geometry.kernel[0] *
                               geometry.kernel[1]);
  }

  static constexpr Index kBatch = 64;
  ConvolutionGeometry geometry;
  Matrix x, y;
  Vector weight, bias;
  ConvolutionWorkspace workspace;
};

ConstVectorView view(const Vector& vector) { return {vector.data(), vector.size()}; }
VectorView view(Vector& vector) { return {vector.data(), vector.size()}; }

void convolution_forward_pass(benchmark::State& state) {
  ConvolutionCase c(state);
  for (auto _ : state) {
    convolution_forward(c.geometry, view(std::as_const(c.weight)), view(std::as_const(c.bias)),
                        view(std::as_const(c.x)), view(c.y), c.workspace);
  }
  count_rate(state, "FLOP/s", c.flops());
}

void convolution_data_gradient(benchmark::State& state) {
  ConvolutionCase c(state);
  for (auto _ : state) {
    convolution_backward_data(c.geometry, view(std::as_const(c.weight)), view(std::as_const(c.y)),
                              view(c.x), Accumulate::no, c.workspace);
  }
  count_rate(state, "FLOP/s", c.flops());
}

void convolution_weight_gradient(benchmark::State& state) {
  ConvolutionCase c(state);
  for (auto _ : state) {
    convolution_backward_weights(c.geometry, view(std::as_const(c.x)), view(std::as_const(c.y)),
                                 view(c.weight), view(c.bias), c.workspace);
  }
  count_rate(state, "FLOP/s", c.flops());
}

void convolution_shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"in", "out", "side", "kernel"});
  bench->Args({1, 6, 28, 5})->Args({6, 16, 14, 5});
  bench->Args({32, 32, 14, 3})->Args({32, 32, 7, 3})->Args({64, 64, 14, 3})->Args({64, 64, 7, 3});
}
BENCHMARK(convolution_forward_pass)->Apply(convolution_shapes);
BENCHMARK(convolution_data_gradient)->Apply(convolution_shapes);
BENCHMARK(convolution_weight_gradient)->Apply(convolution_shapes);

/// Argument: a row of the table of activations. 256 units, batch 128.
void activation_passes(benchmark::State& state) {
  const ActivationRow& row = activation_table()[static_cast<std::size_t>(state.range(0))];
  const Activation activation{.kind = row.kind, .parameter = row.default_parameter};
  const Matrix z = filled(256, 128), da = filled(256, 128);
  Matrix a(256, 128), dz(256, 128);
  for (auto _ : state) {
    activation_forward(activation, view(z), view(a));
    activation_backward(activation, view(z), view(std::as_const(a)), view(da), view(dz));
    benchmark::DoNotOptimize(dz.data());
  }
  state.SetLabel(std::string(row.name));
  count_rate(state, "values/s", static_cast<double>(z.size()));
}
BENCHMARK(activation_passes)
    ->DenseRange(0, static_cast<std::int64_t>(activation_table().size()) - 1);

/// Arguments: channels, image side; 2 x 2 windows, batch 64.
void max_pool_passes(benchmark::State& state) {
  const Index side = state.range(1);
  const PoolingGeometry geometry{.in = Shape::image(side, side, state.range(0)),
                                 .out = Shape::image(side / 2, side / 2, state.range(0))};
  Matrix x = filled(geometry.in.features(), 64), y(geometry.out.features(), 64);
  std::vector<std::int32_t> argmax;
  for (auto _ : state) {
    max_pool_forward(geometry, view(std::as_const(x)), view(y), argmax);
    max_pool_backward(geometry, argmax, view(std::as_const(y)), view(x), Accumulate::no);
  }
  count_rate(state, "values/s", static_cast<double>(x.size()));
}
BENCHMARK(max_pool_passes)->ArgNames({"channels", "side"})->Args({6, 28})->Args({32, 28});

void sum_of_squares_of_gradient(benchmark::State& state) {
  const Matrix values = filled(state.range(0), 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        sum_of_squares({values.data(), static_cast<std::size_t>(values.size())}));
  }
  count_rate(state, "values/s", static_cast<double>(values.size()));
}
BENCHMARK(sum_of_squares_of_gradient)->Arg(1 << 12)->Arg(1 << 20);

/// Argument: an `OptimizerKind`. A million parameters.
void optimizer_update(benchmark::State& state) {
  const OptimizerRow& row = optimizer_table()[static_cast<std::size_t>(state.range(0))];
  const OptimizerSpec spec{.kind = row.kind, .lr = 1e-9, .momentum = 0.9};
  const Vector gradient = filled(1 << 20, 1);
  Vector values = filled(1 << 20, 1);
  OptimizerState optimizer;
  for (auto _ : state)
    benchmark::DoNotOptimize(apply_update(spec, spec.lr, gradient, optimizer, values));
  state.SetLabel(std::string(row.name));
  count_rate(state, "values/s", static_cast<double>(values.size()));
}
BENCHMARK(optimizer_update)->DenseRange(0, static_cast<std::int64_t>(optimizer_table().size()) - 1);

/// Arguments: width, hidden layers, batch: passes of a ReLU network, and the statistics of its
/// layers.
struct NetworkCase {
  explicit NetworkCase(const benchmark::State& state)
      : network(made(state.range(0), state.range(1))), tape(network, state.range(2)) {
    tape.set_batch(state.range(2));
    network.values() = filled(network.values().size(), 1) / std::sqrt(state.range(0));
    tape.value(0) = filled(784, state.range(2));
    tape.gradient(network.output()) = filled(10, state.range(2));
  }
  static Network made(Index width, Index depth) {
    NetworkBuilder builder(Shape::flat(784), 10);
    for (Index i = 0; i < depth; ++i) {
      const std::string name = "dense" + std::to_string(i + 1);
      builder.add(
          {.name = name,
           .place = name,
           .kind = DenseSpec{.units = width, .activation = {.kind = ActivationKind::relu}}});
    }
    builder.add({.name = "output", .place = "output", .kind = DenseSpec{.is_output = true}});
    return builder.finish();
  }
  void pass() {
    forward(network, {}, tape);
    backward(network, tape, gradient);
  }

  Network network;
  Tape tape;
  Vector gradient;
};

void network_passes(benchmark::State& state) {
  NetworkCase c(state);
  for (auto _ : state) c.pass();
}

void network_statistics(benchmark::State& state) {
  NetworkCase c(state);
  c.pass();
  for (auto _ : state) {
    for (const Layer& layer : c.network.layers()) {
      benchmark::DoNotOptimize(layer_statistics(c.network, layer, c.tape, c.gradient));
    }
  }
}

void networks(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"width", "layers", "batch"})->Unit(benchmark::kMicrosecond);
  bench->Args({64, 50, 64})->Args({100, 10, 64})->Args({256, 8, 128})->Args({512, 20, 128});
}
BENCHMARK(network_passes)->Apply(networks);
BENCHMARK(network_statistics)->Apply(networks);

}  // namespace
}  // namespace initbench

BENCHMARK_MAIN();
