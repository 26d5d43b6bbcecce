#include "nn/convolution_primitives.h"

#ifndef INITBENCH_DOUBLE

#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace initbench::onednn {
namespace {

using dnnl::memory;

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

/// A primitive with its arguments.
struct Step {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;

  void run(const dnnl::stream& stream) const { primitive.execute(stream, arguments); }
};

/// A pass with the tensors whose addresses each call sets.
struct Prepared {
  Step convolution;
  memory image;
  memory output;
  memory bias;
  memory weights;               // in PyTorch's order
  std::optional<Step> reorder;  // absent when the primitive prefers that order
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

Problem describe(const ConvolutionGeometry& g, const Key& key) {
  Problem problem;
  problem.image = describe_images(g.in, key.batch);
  problem.output = describe_images(g.out, key.batch);
  problem.plain_weights = describe_weights(g, true);
  problem.weights = describe_weights(g, false);
  if (key.bias) {
    problem.bias = {{g.out.channels}, memory::data_type::f32, memory::format_tag::x};
  }
  problem.stride = dims(g.stride);
  problem.dilation = {g.dilation[0] - 1, g.dilation[1] - 1};  // oneDNN counts from 0
  problem.pad_before = dims(g.pad_before);
  problem.pad_after = dims(g.pad_after);
  return problem;
}

// The scratchpad is ours, and made once: oneDNN's own would belong to the thread that makes the
// primitive, and a workspace may move to another.
dnnl::primitive_attr own_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// Whether an implementation of oneDNN 2.6 is fast and right for this pass; measured with one
/// thread on an AVX-512 processor, images of 7 x 7 to 32 x 32, 1 to 256 channels.
bool suits(std::string_view implementation, const ConvolutionGeometry& g, Pass pass) {
  // Batch-reduced matrix products take 0.6 to 1 times as long as direct convolution of large
  // samples (0.8 against 1.3 ms for 1 to 64 channels of 28 x 28), and 1 to 2 times as long of
  // others.
  constexpr Index kLargeSample = 40000;
  const bool by_products = implementation.substr(0, 8) == "brgconv:";
  if (pass == Pass::forward && by_products) {
    return g.in.features() + g.out.features() > kLargeSample;
  }
  // Writes beyond its scratchpad for fewer than 8 channels.
  const bool strided = g.stride[0] > 1 || g.stride[1] > 1;
  return pass != Pass::backward_weights || !strided || implementation != "jit_1x1:avx2";
}

/// The first of oneDNN's implementations that suits, or else its first.
template <typename Plan>
Plan suitable(const Plan& first, const ConvolutionGeometry& geometry, Pass pass) {
  Plan plan = first;
  while (!suits(plan.impl_info_str(), geometry, pass)) {
    if (!plan.next_impl()) return first;
  }
  return plan;
}

// oneDNN 2.x collects the arguments in an operation descriptor first, which has to outlive the
// choice of an implementation; 3.x takes them directly. The backward primitives want to see the
// forward one.
#if DNNL_VERSION_MAJOR >= 3
template <typename Primitive, typename... Argument>
auto plan(const ConvolutionGeometry& geometry, Pass pass, const dnnl::engine& engine,
          const Argument&... argument) {
  return suitable(typename Primitive::primitive_desc(engine, argument..., own_scratchpad()),
                  geometry, pass);
}
template <typename Primitive, typename Forward, typename... Argument>
auto plan_backward(const ConvolutionGeometry& geometry, Pass pass, const dnnl::engine& engine,
                   const Forward& forward, const Argument&... argument) {
  return suitable(
      typename Primitive::primitive_desc(engine, argument..., forward, own_scratchpad()), geometry,
      pass);
}
#else
template <typename Primitive, typename... Argument>
auto plan(const ConvolutionGeometry& geometry, Pass pass, const dnnl::engine& engine,
          const Argument&... argument) {
  const typename Primitive::desc operation(argument...);
  return suitable(typename Primitive::primitive_desc(operation, own_scratchpad(), engine), geometry,
                  pass);
}
template <typename Primitive, typename Forward, typename... Argument>
auto plan_backward(const ConvolutionGeometry& geometry, Pass pass, const dnnl::engine& engine,
                   const Forward& forward, const Argument&... argument) {
  const typename Primitive::desc operation(argument...);
  return suitable(typename Primitive::primitive_desc(operation, own_scratchpad(), engine, forward),
                  geometry, pass);
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

/// oneDNN's names for the four tensors of a pass.
struct Roles {
  int image;
  int weights;
  int bias;
  int output;
};

template <typename Plan>
Prepared prepare(const Problem& problem, const Plan& plan, const memory::desc& preferred_weights,
                 const Roles& roles, const dnnl::engine& engine) {
  const auto unbound = [&](const memory::desc& description) {
    return memory(description, engine, nullptr);
  };
  const bool reordered = preferred_weights != problem.plain_weights;
  Prepared prepared{.convolution = {},
                    .image = unbound(problem.image),
                    .output = unbound(problem.output),
                    .bias = {},
                    .weights = unbound(problem.plain_weights),
                    .reorder = std::nullopt};
  const memory weights = reordered ? memory(preferred_weights, engine) : prepared.weights;
  std::unordered_map<int, memory> arguments{
      {roles.image, prepared.image}, {roles.weights, weights}, {roles.output, prepared.output}};
  if (problem.bias.get_size() > 0) {
    prepared.bias = unbound(problem.bias);
    arguments.emplace(roles.bias, prepared.bias);
  }
  prepared.convolution = make_step(plan, std::move(arguments), engine);
  if (reordered) {
    const bool written = roles.weights == DNNL_ARG_DIFF_WEIGHTS;
    prepared.reorder = written ? make_reorder(weights, prepared.weights, engine)
                               : make_reorder(prepared.weights, weights, engine);
  }
  return prepared;
}

Prepared prepare(const ConvolutionGeometry& geometry, const Key& key, const dnnl::engine& engine) {
  const Problem p = describe(geometry, key);
  const auto forward = plan<dnnl::convolution_forward>(
      geometry, Pass::forward, engine, dnnl::prop_kind::forward_training, kAlgorithm, p.image,
      p.weights, p.bias, p.output, p.stride, p.dilation, p.pad_before, p.pad_after);
  switch (key.pass) {
    case Pass::forward: break;
    case Pass::backward_data: {
      const auto backward = plan_backward<dnnl::convolution_backward_data>(
          geometry, key.pass, engine, forward, kAlgorithm, p.image, p.weights, p.output, p.stride,
          p.dilation, p.pad_before, p.pad_after);
      return prepare(p, backward, backward.weights_desc(),
                     {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DIFF_DST},
                     engine);
    }
    case Pass::backward_weights: {
      const auto backward = plan_backward<dnnl::convolution_backward_weights>(
          geometry, key.pass, engine, forward, kAlgorithm, p.image, p.weights, p.bias, p.output,
          p.stride, p.dilation, p.pad_before, p.pad_after);
      return prepare(p, backward, backward.diff_weights_desc(),
                     {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS, DNNL_ARG_DIFF_DST},
                     engine);
    }
  }
  return prepare(p, forward, forward.weights_desc(),
                 {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST}, engine);
}

}  // namespace

struct Primitive::State {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  bool writes_weights;
  Prepared prepared;

  State(const ConvolutionGeometry& geometry, const Key& key)
      : writes_weights(key.pass == Pass::backward_weights),
        prepared(prepare(geometry, key, engine)) {}
};

Primitive::Primitive(const ConvolutionGeometry& geometry, const Key& key)
    : state_(std::make_unique<State>(geometry, key)) {}
Primitive::~Primitive() = default;
Primitive::Primitive(Primitive&&) noexcept = default;
Primitive& Primitive::operator=(Primitive&&) noexcept = default;

void Primitive::run(const Addresses& addresses, bool same_weights) {
  const Prepared& prepared = state_->prepared;
  prepared.image.set_data_handle(addresses.image);
  prepared.weights.set_data_handle(addresses.weights);
  prepared.output.set_data_handle(addresses.output);
  if (addresses.bias != nullptr) prepared.bias.set_data_handle(addresses.bias);
  const bool reorders = prepared.reorder.has_value();
  if (reorders && !state_->writes_weights && !same_weights) prepared.reorder->run(state_->stream);
  prepared.convolution.run(state_->stream);
  if (reorders && state_->writes_weights) prepared.reorder->run(state_->stream);
  state_->stream.wait();
}

}  // namespace initbench::onednn

#endif
