#include "nn/network_cost.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <oneapi/dnnl/dnnl.hpp>

#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {
namespace {

/// Bytes that malloc has given out.
double allocated() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

Conv2dSpec conv(Index channels) {
  return {.channels = channels,
          .kernel = {3, 3},
          .padding = {.mode = PaddingMode::same},
          .activation = {.kind = ActivationKind::relu}};
}

LayerSpec layer(std::string name, auto kind) {
  return {.name = name, .place = name, .kind = std::move(kind)};
}

/// More bytes given out after a forward and a backward pass than before.
double allocated_by_passes(const Network& network, Index batch) {
  const double before = allocated();
  Tape tape(network, batch);
  tape.value(0).setOnes();
  forward(network, {}, tape);
  tape.gradient(network.output()).setOnes();
  Vector gradient;
  backward(network, tape, gradient);
  return allocated() - before;
}

/// By passes, over what passes_bytes says.
double allocated_share(const ModelSpec& spec, const Shape& input, Index batch) {
  const Network network(spec, input, 10);
  allocated_by_passes(network, batch);  // generated code stays, for every network that follows
  return allocated_by_passes(network, batch) / passes_bytes(network, batch);
}

TEST(PassesBytes, AreWhatPassesOfDenseLayersAllocate) {
  const ModelSpec spec{
      layer("dense1", DenseSpec{.units = 512, .activation = {.kind = ActivationKind::gelu}}),
      layer("dropout1", DropoutSpec{}),
      layer("dense2", DenseSpec{.units = 512, .activation = {.kind = ActivationKind::relu}}),
      layer("output", DenseSpec{.is_output = true})};
  if (allocated() == 0) GTEST_SKIP() << "a malloc that does not count";
  EXPECT_NEAR(allocated_share(spec, Shape::flat(784), 64), 1, 0.02);
}

// Large images: what a max pooling remembers is a tenth.
TEST(PassesBytes, AreWhatPassesOfPoolingsAllocate) {
  const ModelSpec spec{layer("pool1", PoolSpec{}), layer("output", DenseSpec{.is_output = true})};
  if (allocated() == 0) GTEST_SKIP() << "a malloc that does not count";
  EXPECT_NEAR(allocated_share(spec, Shape::image(64, 64, 8), 16), 1, 0.02);
}

// Small images: oneDNN's copies of the weights are three quarters.
TEST(PassesBytes, AreWhatPassesOfConvolutionsAllocate) {
  const ModelSpec spec{layer("conv1", conv(256)), layer("conv2", conv(256)),
                       layer("conv3", conv(256)), layer("output", DenseSpec{.is_output = true})};
  if (allocated() == 0) GTEST_SKIP() << "a malloc that does not count";
  if (dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::sse41) {
    GTEST_SKIP() << "oneDNN's code for SSE 4.1 takes as much scratch memory again";
  }
  EXPECT_NEAR(allocated_share(spec, Shape::image(4, 4, 1), 2), 1, 0.02);
}

}  // namespace
}  // namespace initbench
