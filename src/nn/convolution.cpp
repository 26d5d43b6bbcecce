#include "nn/convolution.h"

#ifndef INITBENCH_DOUBLE

#include <omp.h>

#include <algorithm>
#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "nn/convolution_wrap.h"

namespace initbench {
namespace {

using dnnl::memory;

constexpr std::size_t kKeptPerPass =
    4;  // batch sizes: training, its remainder, test, its remainder
constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

// What a primitive is made for.
struct PassKey {
  Index batch = 0;
  int threads = 1;  // primitives split their work, and size their scratchpads, when they are made
  bool bias = false;
  bool operator==(const PassKey&) const = default;
};

/// A primitive with its arguments.
struct Step {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;

  // oneDNN declares handles of inputs mutable as well; it only reads them.
  void bind(int argument, const float* data) const {
    arguments.at(argument).set_data_handle(const_cast<float*>(data));
  }
  void run(const dnnl::stream& stream) const { primitive.execute(stream, arguments); }
};

/// One of the three passes: the convolution itself, and the reorder of the weights between
/// PyTorch's order and the one that the convolution prefers (absent when they agree).
struct Pass {
  Step convolution;
  memory plain_weights;
  std::optional<Step> reorder;
};

struct KeptPass {
  PassKey key;
  Pass pass;
};

/// A convolution in oneDNN's terms.
struct Problem {
  memory::desc image;
  memory::desc output;
  memory::desc plain_weights;
  memory::desc weights;  // in whatever layout is fastest
  memory::desc bias;     // empty without bias
  memory::dims stride;
  memory::dims dilation;
  memory::dims pad_before;
  memory::dims pad_after;
};

memory::dims dims(const std::array<Index, 2>& pair) { return {pair[0], pair[1]}; }

memory::desc describe_images(const Shape& shape, Index batch) {
  return {{batch, shape.channels, shape.height, shape.width},
          memory::data_type::f32,
          memory::format_tag::nhwc};
}

memory::desc describe_weights(const ConvolutionGeometry& g, bool plain) {
  using tag = memory::format_tag;
  const memory::dim inputs = g.in.channels / g.groups;
  if (g.groups == 1) {
    return {{g.out.channels, inputs, g.kernel[0], g.kernel[1]},
            memory::data_type::f32,
            plain ? tag::oihw : tag::any};
  }
  return {{g.groups, g.out.channels / g.groups, inputs, g.kernel[0], g.kernel[1]},
          memory::data_type::f32,
          plain ? tag::goihw : tag::any};
}

Problem describe(const ConvolutionGeometry& g, const PassKey& key) {
  const std::array<Index, 2> none{0, 0};
  Problem problem;
  problem.image = describe_images(g.circular ? padded_shape(g) : g.in, key.batch);
  problem.output = describe_images(g.out, key.batch);
  problem.plain_weights = describe_weights(g, true);
  problem.weights = describe_weights(g, false);
  if (key.bias) {
    problem.bias = {{g.out.channels}, memory::data_type::f32, memory::format_tag::x};
  }
  problem.stride = dims(g.stride);
  problem.dilation = {g.dilation[0] - 1, g.dilation[1] - 1};  // oneDNN counts from 0
  problem.pad_before = dims(g.circular ? none : g.pad_before);
  problem.pad_after = dims(g.circular ? none : g.pad_after);
  return problem;
}

// The scratchpad is ours, and made once: oneDNN's own would belong to the thread that makes the
// primitive, and a workspace may move to another.
dnnl::primitive_attr own_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

using Forward = dnnl::convolution_forward;
using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;

// oneDNN 2.x puts the arguments into an operation descriptor first, 3.x takes them directly.
#if DNNL_VERSION_MAJOR >= 3
Forward::primitive_desc plan_forward(const Problem& p, const dnnl::engine& engine) {
  return {engine,      dnnl::prop_kind::forward_training,
          kAlgorithm,  p.image,
          p.weights,   p.bias,
          p.output,    p.stride,
          p.dilation,  p.pad_before,
          p.pad_after, own_scratchpad()};
}

BackwardData::primitive_desc plan_backward_data(const Problem& p, const dnnl::engine& engine) {
  return {engine,          kAlgorithm, p.image,      p.weights,   p.output,
          p.stride,        p.dilation, p.pad_before, p.pad_after, plan_forward(p, engine),
          own_scratchpad()};
}

BackwardWeights::primitive_desc plan_backward_weights(const Problem& p,
                                                      const dnnl::engine& engine) {
  return {engine,
          kAlgorithm,
          p.image,
          p.weights,
          p.bias,
          p.output,
          p.stride,
          p.dilation,
          p.pad_before,
          p.pad_after,
          plan_forward(p, engine),
          own_scratchpad()};
}
#else
Forward::primitive_desc plan_forward(const Problem& p, const dnnl::engine& engine) {
  const Forward::desc operation(dnnl::prop_kind::forward_training, kAlgorithm, p.image, p.weights,
                                p.bias, p.output, p.stride, p.dilation, p.pad_before, p.pad_after);
  return {operation, own_scratchpad(), engine};
}

BackwardData::primitive_desc plan_backward_data(const Problem& p, const dnnl::engine& engine) {
  const BackwardData::desc operation(kAlgorithm, p.image, p.weights, p.output, p.stride, p.dilation,
                                     p.pad_before, p.pad_after);
  return {operation, own_scratchpad(), engine, plan_forward(p, engine)};
}

BackwardWeights::primitive_desc plan_backward_weights(const Problem& p,
                                                      const dnnl::engine& engine) {
  const BackwardWeights::desc operation(kAlgorithm, p.image, p.weights, p.bias, p.output, p.stride,
                                        p.dilation, p.pad_before, p.pad_after);
  return {operation, own_scratchpad(), engine, plan_forward(p, engine)};
}
#endif

template <typename Plan>
Step make_step(const Plan& plan, std::unordered_map<int, memory> arguments,
               const dnnl::engine& engine) {
  arguments.emplace(DNNL_ARG_SCRATCHPAD, memory(plan.scratchpad_desc(), engine));
  return {dnnl::primitive(plan.get()), std::move(arguments)};
}

Step make_reorder(const memory& from, const memory& to, const dnnl::engine& engine) {
  const dnnl::reorder::primitive_desc plan(engine, from.get_desc(), engine, to.get_desc(),
                                           own_scratchpad());
  return make_step(plan, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, engine);
}

// A memory object at an address that each call sets anew.
memory unbound(const memory::desc& description, const dnnl::engine& engine) {
  return {description, engine, nullptr};
}

Pass make_forward(const Problem& problem, const dnnl::engine& engine) {
  const auto plan = plan_forward(problem, engine);
  const memory plain = unbound(problem.plain_weights, engine);
  const bool same = plan.weights_desc() == problem.plain_weights;
  const memory weights = same ? plain : memory(plan.weights_desc(), engine);
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, unbound(problem.image, engine)},
                                            {DNNL_ARG_WEIGHTS, weights},
                                            {DNNL_ARG_DST, unbound(problem.output, engine)}};
  if (problem.bias.get_size() > 0) {
    arguments.emplace(DNNL_ARG_BIAS, unbound(problem.bias, engine));
  }
  Pass pass{make_step(plan, std::move(arguments), engine), plain, std::nullopt};
  if (!same) pass.reorder = make_reorder(plain, weights, engine);
  return pass;
}

Pass make_backward_data(const Problem& problem, const dnnl::engine& engine) {
  const auto plan = plan_backward_data(problem, engine);
  const memory plain = unbound(problem.plain_weights, engine);
  const bool same = plan.weights_desc() == problem.plain_weights;
  const memory weights = same ? plain : memory(plan.weights_desc(), engine);
  Pass pass{make_step(plan,
                      {{DNNL_ARG_DIFF_DST, unbound(problem.output, engine)},
                       {DNNL_ARG_WEIGHTS, weights},
                       {DNNL_ARG_DIFF_SRC, unbound(problem.image, engine)}},
                      engine),
            plain, std::nullopt};
  if (!same) pass.reorder = make_reorder(plain, weights, engine);
  return pass;
}

Pass make_backward_weights(const Problem& problem, const dnnl::engine& engine) {
  const auto plan = plan_backward_weights(problem, engine);
  const memory plain = unbound(problem.plain_weights, engine);
  const bool same = plan.diff_weights_desc() == problem.plain_weights;
  const memory weights = same ? plain : memory(plan.diff_weights_desc(), engine);
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, unbound(problem.image, engine)},
                                            {DNNL_ARG_DIFF_WEIGHTS, weights},
                                            {DNNL_ARG_DIFF_DST, unbound(problem.output, engine)}};
  if (problem.bias.get_size() > 0) {
    arguments.emplace(DNNL_ARG_DIFF_BIAS, unbound(problem.bias, engine));
  }
  Pass pass{make_step(plan, std::move(arguments), engine), plain, std::nullopt};
  if (!same) pass.reorder = make_reorder(weights, plain, engine);
  return pass;
}

/// The kept pass for `key`, moved to the front; made, and the one unused for longest forgotten,
/// when there is none.
template <typename Make>
const Pass& find_or_make(std::vector<KeptPass>& kept, const PassKey& key, Make make) {
  const auto found = std::find_if(kept.begin(), kept.end(),
                                  [&](const KeptPass& candidate) { return candidate.key == key; });
  if (found != kept.end()) {
    std::rotate(kept.begin(), found, found + 1);
    return kept.front().pass;
  }
  if (kept.size() == kKeptPerPass) kept.pop_back();
  kept.insert(kept.begin(), {key, make()});
  return kept.front().pass;
}

void set_weights(const Pass& pass, const float* data, const dnnl::stream& stream) {
  pass.plain_weights.set_data_handle(const_cast<float*>(data));  // only read
  if (pass.reorder) pass.reorder->run(stream);
}

/// Throws unless sizes agree with the geometry and each other. `image` is x or dx, `output` y or
/// dy.
void expect_fitting(const ConvolutionGeometry& g, Index weights, Index biases,
                    const ConstMatrixView& image, const ConstMatrixView& output) {
  expects(weights == g.weight_size(), "convolution: number of weights");
  expects(biases == 0 || biases == g.out.channels, "convolution: number of biases");
  expects(image.rows() == g.in.features(), "convolution: size of an input image");
  expects(output.rows() == g.out.features(), "convolution: size of an output image");
  expects(image.cols() == output.cols(), "convolution: same batch at input and output");
}

}  // namespace

struct ConvolutionWorkspace::State {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  ConvolutionGeometry geometry;
  std::vector<KeptPass> forward;
  std::vector<KeptPass> backward_data;
  std::vector<KeptPass> backward_weights;
  Vector images;  // a batch of padded images, or of gradients to be added; only grows

  void prepare(const ConvolutionGeometry& wanted) {
    omp_set_num_threads(compute_threads());
    if (wanted == geometry) return;
    geometry = wanted;
    forward.clear();
    backward_data.clear();
    backward_weights.clear();
  }

  MatrixView scratch(const Shape& shape, Index batch) {
    const Index size = shape.features() * batch;
    if (images.size() < size) images.resize(size);
    return {images.data(), shape.features(), batch};
  }

  /// The images that oneDNN shall see: x itself, or wrapped around when padding is circular.
  const float* padded(const ConstMatrixView& x) {
    if (!geometry.circular) return x.data();
    MatrixView copy = scratch(padded_shape(geometry), x.cols());
    wrap_around(geometry, x, copy);
    return copy.data();
  }
};

ConvolutionWorkspace::ConvolutionWorkspace() : state_(std::make_unique<State>()) {}
ConvolutionWorkspace::~ConvolutionWorkspace() = default;
ConvolutionWorkspace::ConvolutionWorkspace(ConvolutionWorkspace&&) noexcept = default;
ConvolutionWorkspace& ConvolutionWorkspace::operator=(ConvolutionWorkspace&&) noexcept = default;

void convolution_forward(const ConvolutionGeometry& geometry, ConstVectorView weight,
                         ConstVectorView bias, ConstMatrixView x, MatrixView y,
                         ConvolutionWorkspace& workspace) {
  expect_fitting(geometry, weight.size(), bias.size(), x,
                 ConstMatrixView(y.data(), y.rows(), y.cols()));
  if (x.cols() == 0) return;
  auto& state = workspace.state();
  state.prepare(geometry);
  const PassKey key{x.cols(), compute_threads(), bias.size() > 0};
  const Pass& pass = find_or_make(
      state.forward, key, [&] { return make_forward(describe(geometry, key), state.engine); });
  set_weights(pass, weight.data(), state.stream);
  pass.convolution.bind(DNNL_ARG_SRC, state.padded(x));
  pass.convolution.bind(DNNL_ARG_DST, y.data());
  if (key.bias) pass.convolution.bind(DNNL_ARG_BIAS, bias.data());
  pass.convolution.run(state.stream);
  state.stream.wait();
}

void convolution_backward_data(const ConvolutionGeometry& geometry, ConstVectorView weight,
                               ConstMatrixView dy, MatrixView dx, Accumulate accumulate,
                               ConvolutionWorkspace& workspace) {
  expect_fitting(geometry, weight.size(), 0, ConstMatrixView(dx.data(), dx.rows(), dx.cols()), dy);
  if (dy.cols() == 0) return;
  auto& state = workspace.state();
  state.prepare(geometry);
  const PassKey key{dy.cols(), compute_threads(), false};
  const Pass& pass = find_or_make(state.backward_data, key, [&] {
    return make_backward_data(describe(geometry, key), state.engine);
  });
  const bool in_place = !geometry.circular && accumulate == Accumulate::no;
  const Shape target = geometry.circular ? padded_shape(geometry) : geometry.in;
  float* gradient = in_place ? dx.data() : state.scratch(target, dy.cols()).data();
  set_weights(pass, weight.data(), state.stream);
  pass.convolution.bind(DNNL_ARG_DIFF_DST, dy.data());
  pass.convolution.bind(DNNL_ARG_DIFF_SRC, gradient);
  pass.convolution.run(state.stream);
  state.stream.wait();
  if (in_place) return;
  const ConstMatrixView addend(gradient, target.features(), dy.cols());
  if (accumulate == Accumulate::no) dx.setZero();
  if (geometry.circular) {
    add_unwrapped(geometry, addend, dx);
  } else {
    dx += addend;
  }
}

void convolution_backward_weights(const ConvolutionGeometry& geometry, ConstMatrixView x,
                                  ConstMatrixView dy, VectorView dweight, VectorView dbias,
                                  ConvolutionWorkspace& workspace) {
  expect_fitting(geometry, dweight.size(), dbias.size(), x, dy);
  if (x.cols() == 0) {  // an empty sum
    dweight.setZero();
    dbias.setZero();
    return;
  }
  auto& state = workspace.state();
  state.prepare(geometry);
  const PassKey key{x.cols(), compute_threads(), dbias.size() > 0};
  const Pass& pass = find_or_make(state.backward_weights, key, [&] {
    return make_backward_weights(describe(geometry, key), state.engine);
  });
  pass.plain_weights.set_data_handle(dweight.data());
  pass.convolution.bind(DNNL_ARG_SRC, state.padded(x));
  pass.convolution.bind(DNNL_ARG_DIFF_DST, dy.data());
  if (key.bias) pass.convolution.bind(DNNL_ARG_DIFF_BIAS, dbias.data());
  pass.convolution.run(state.stream);
  if (pass.reorder) pass.reorder->run(state.stream);
  state.stream.wait();
}

}  // namespace initbench

#endif
