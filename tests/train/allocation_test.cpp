/// After its first step a training asks for no memory, unless it logs or tests. Counts the calls of
/// malloc and its relatives that this program and its libraries make.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "train/trainer.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define INITBENCH_COUNTS_ALLOCATIONS
#endif

namespace {

// oneDNN notes the arguments of each convolution in blocks below this size.
constexpr std::size_t kNote = 1024;

struct Allocations {
  std::atomic<long> small = 0;
  std::atomic<long> large = 0;
} allocations;

void count_block(std::size_t size) { ++(size < kNote ? allocations.small : allocations.large); }

}  // namespace

#ifdef INITBENCH_COUNTS_ALLOCATIONS

// The names by which glibc calls its own; `free` stays its.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  count_block(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count_block(number * size);
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  count_block(size);
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count_block(size);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count_block(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  count_block(size);
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}

#endif

namespace initbench {
namespace {

constexpr Index kBatch = 16;
constexpr std::int64_t kSteps = 12;

Dataset images(Index size) {
  Dataset set;
  set.shape = Shape::image(12, 12, 2);
  set.size = size;
  set.classes = 3;
  set.values = Matrix::NullaryExpr(set.shape.features(), size, [](Index row, Index column) {
    return static_cast<Scalar>((row * 7919 + column * 104729) % 2001 - 1000) / 1000;
  });
  for (Index i = 0; i < size; ++i) set.labels.push_back(static_cast<std::int32_t>(i % 3));
  return set;
}

enum class Counted { all, large };

/// How many calls each step made, from its forward pass to its update.
class Calls : public Observer {
 public:
  explicit Calls(Counted counted) : counted_(counted) { of_steps.reserve(kSteps); }
  bool on_progress(const ProgressView&) override {
    of_steps.push_back(now() - before_);
    before_ = now();
    return true;
  }
  std::vector<long> of_steps;

 private:
  long now() const {
    return allocations.large + (counted_ == Counted::all ? allocations.small.load() : 0);
  }
  Counted counted_;
  long before_ = now();
};

LayerSpec layer(std::string name, auto kind) {
  return {.name = name, .place = name, .kind = std::move(kind)};
}

constexpr Activation kRelu{.kind = ActivationKind::relu};

std::vector<long> calls(Counted counted, const ModelSpec& model, const OptimizerSpec& optimizer) {
  // Of one epoch: at the start of the next one the training set is put in order anew.
  const DataSplits data{.train = images((kSteps + 1) * kBatch), .test = images(kBatch)};
  Network network(model, data.train.shape, 3);
  network.values() = Vector::Constant(network.values().size(), Scalar(0.01));
  Calls observer(counted);
  train(network, data,
        {.optimizer = optimizer,
         .batch_size = kBatch,
         .steps = kSteps,
         .clip_norm = 1e-3,
         .log_every = 0},
        observer);
  return observer.of_steps;
}

void expect_none_after_the_first(Counted counted, const ModelSpec& model,
                                 const OptimizerSpec& optimizer = {}) {
#ifndef INITBENCH_COUNTS_ALLOCATIONS
  GTEST_SKIP() << "malloc cannot be replaced here";
#endif
  const std::vector<long> of_steps = calls(counted, model, optimizer);
  ASSERT_EQ(of_steps.size(), static_cast<std::size_t>(kSteps));
  EXPECT_GT(of_steps.front(), 0) << "nothing is counted";
  for (std::size_t step = 1; step < of_steps.size(); ++step) EXPECT_EQ(of_steps[step], 0) << step;
}

const LayerSpec kOutput = layer("output", DenseSpec{.is_output = true});

ModelSpec dense_layers() {
  return {layer("small", DenseSpec{.units = 20, .activation = kRelu}),
          layer("large", DenseSpec{.units = 600, .activation = kRelu}), kOutput};
}

ModelSpec convolutions() {
  const Padding same{.mode = PaddingMode::same};
  return {layer("conv1", Conv2dSpec{.channels = 8, .kernel = {3, 3}, .padding = same}),
          layer("conv2", Conv2dSpec{.channels = 32, .kernel = {3, 3}, .activation = kRelu}),
          layer("pool", PoolSpec{}),
          layer("conv3", Conv2dSpec{.channels = 32, .kernel = {3, 3}, .stride = {2, 2}}),
          layer("average", GlobalAveragePoolSpec{}),
          kOutput};
}

TEST(Allocation, IsDoneByTheFirstStepOfDenseLayers) {
  expect_none_after_the_first(Counted::all, dense_layers());
}

TEST(Allocation, IsDoneByTheFirstStepOfConvolutions) {
  expect_none_after_the_first(Counted::large, convolutions());
}

TEST(Allocation, IsDoneByTheFirstStepOfEveryOptimizer) {
  for (const OptimizerRow& row : optimizer_table()) {
    SCOPED_TRACE(row.name);
    expect_none_after_the_first(
        Counted::all, dense_layers(),
        {.kind = row.kind, .momentum = 0.9, .nesterov = true, .weight_decay = 0.1});
  }
}

TEST(Allocation, IsDoneByTheFirstStepOfNormsAndResiduals) {
  for (const Norm norm : {Norm::batch, Norm::layer}) {
    const LayerSpec branch =
        layer("residual.conv", Conv2dSpec{.channels = 4, .norm = norm, .activation = kRelu});
    expect_none_after_the_first(
        Counted::large,
        {layer("conv", Conv2dSpec{.channels = 4, .norm = norm, .activation = kRelu}),
         layer("residual", ResidualSpec{.layers = {branch}, .learned_scale = true}),
         layer("dropout", DropoutSpec{}),
         layer("dense",
               DenseSpec{.units = 30, .norm = norm, .activation = {.kind = ActivationKind::prelu}}),
         kOutput});
  }
}

}  // namespace
}  // namespace initbench
