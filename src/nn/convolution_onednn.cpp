#include "nn/convolution_onednn.h"

#ifndef INITBENCH_DOUBLE

#include <omp.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "nn/convolution_primitives.h"
#include "nn/threads.h"

namespace initbench {
namespace {

using onednn::Addresses;
using onednn::Key;
using onednn::Pass;
using onednn::Primitive;

// Three passes by four batch sizes: of training and of testing, and the remainders of both.
constexpr std::size_t kKept = 12;
// Samples whose input gradients are computed at a time: with what they read, they then stay in the
// second-level cache. For 64 samples of 64 channels of 14 x 14 it takes 8.2 instead of 12.0 ms.
constexpr Index kPiece = 8;

struct Kept {
  Key key;
  Primitive primitive;
};

float* mutable_address(const float* data) { return const_cast<float*>(data); }

}  // namespace

struct OnednnConvolution::State {
  ConvolutionGeometry geometry;
  std::vector<Kept> kept;  // the latest used first

  /// Made, and the one unused for longest forgotten, when it is not among those kept.
  Primitive& find_or_make(const Key& key) {
    const auto found = std::find_if(kept.begin(), kept.end(),
                                    [&](const Kept& candidate) { return candidate.key == key; });
    if (found != kept.end()) {
      std::rotate(kept.begin(), found, found + 1);
    } else {
      Kept made{key, Primitive(geometry, key)};
      if (kept.size() == kKept) kept.pop_back();
      kept.insert(kept.begin(), std::move(made));
    }
    return kept.front().primitive;
  }

  void run(const ConvolutionGeometry& wanted, const Key& key, const Addresses& addresses) {
    expects(!wanted.circular && key.batch > 0, "OnednnConvolution: zero padding, a batch");
    if (wanted != geometry) kept.clear();
    geometry = wanted;
    omp_set_num_threads(key.threads);
    if (key.pass == Pass::backward_data) {
      run_in_pieces(key, addresses);
    } else {
      find_or_make(key).run(addresses);
    }
  }

  void run_in_pieces(const Key& whole, Addresses addresses) {
    Key piece = whole;
    Index ordered_for = 0;  // size of the pieces whose primitive has the weights in its order
    for (Index left = whole.batch; left > 0; left -= piece.batch) {
      piece.batch = std::min(kPiece, left);
      find_or_make(piece).run(addresses, piece.batch == ordered_for);
      ordered_for = piece.batch;
      addresses.image += piece.batch * geometry.in.features();
      addresses.output += piece.batch * geometry.out.features();
    }
  }
};

OnednnConvolution::OnednnConvolution() : state_(std::make_unique<State>()) {}
OnednnConvolution::~OnednnConvolution() = default;
OnednnConvolution::OnednnConvolution(OnednnConvolution&&) noexcept = default;
OnednnConvolution& OnednnConvolution::operator=(OnednnConvolution&&) noexcept = default;

void OnednnConvolution::run(const ConvolutionGeometry& geometry, const Forward& tensors) {
  state_->run(geometry, {Pass::forward, tensors.batch, compute_threads(), tensors.bias != nullptr},
              {mutable_address(tensors.x), mutable_address(tensors.weight),
               mutable_address(tensors.bias), tensors.y});
}

void OnednnConvolution::run(const ConvolutionGeometry& geometry, const BackwardData& tensors) {
  state_->run(geometry, {Pass::backward_data, tensors.batch, compute_threads(), false},
              {tensors.dx, mutable_address(tensors.weight), nullptr, mutable_address(tensors.dy)});
}

void OnednnConvolution::run(const ConvolutionGeometry& geometry, const BackwardWeights& tensors) {
  state_->run(
      geometry,
      {Pass::backward_weights, tensors.batch, compute_threads(), tensors.dbias != nullptr},
      {mutable_address(tensors.x), tensors.dweight, tensors.dbias, mutable_address(tensors.dy)});
}

}  // namespace initbench

#endif
