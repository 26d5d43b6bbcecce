#include "init/calibration_gradinit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace initbench {
namespace {

/// Adam on one number (Kingma & Ba 2015), with their constants.
class ScalarAdam {
 public:
  double step(double gradient) {
    constexpr double kBeta1 = 0.9;
    constexpr double kBeta2 = 0.999;
    power1_ *= kBeta1;
    power2_ *= kBeta2;
    mean_ = kBeta1 * mean_ + (1 - kBeta1) * gradient;
    square_ = kBeta2 * square_ + (1 - kBeta2) * gradient * gradient;
    return mean_ / (1 - power1_) / (std::sqrt(square_ / (1 - power2_)) + 1e-8);
  }

 private:
  double mean_ = 0;
  double square_ = 0;
  double power1_ = 1;
  double power2_ = 1;
};

/// One tensor's scale. Both objectives have moments of their own, as in the authors' code.
struct TensorScale {
  Index offset = 0;
  Index size = 0;
  double least = 0;
  double scale = 1;
  ScalarAdam loss = {};
  ScalarAdam constraint = {};
};

/// The batch of the gradient and the half-overlapping one of the loss.
struct BatchPair {
  Samples first;
  Samples second;
};

class GradInit {
 public:
  GradInit(const Network& network, std::span<const ParameterId> tensors, const Dataset& train,
           Loss loss, const GradInitSettings& settings, const Vector& start)
      : train_(train),
        settings_(settings),
        half_(std::max<Index>(1, std::min(settings.batch_size, train.size) / 2)),
        surface_(network, loss, 2 * half_),
        start_(start),
        parameters_(start) {
    for (const ParameterId id : tensors) {
      const Parameter& tensor = network.parameter(id);
      if (start_.segment(tensor.offset, tensor.size).isZero(0)) continue;
      const bool is_bias = tensor.role == ParameterRole::bias;
      scales_.push_back({.offset = tensor.offset,
                         .size = tensor.size,
                         .least = is_bias ? 0 : settings.min_scale});
    }
  }

  GradInitResult run(std::uint64_t seed) {
    const BatchPair held = SampleHalves(*this, seed).next();
    GradInitResult result{.before = loss_after_step(held), .after = 0};
    SampleHalves batches(*this, seed);
    bool finite = std::isfinite(result.before);
    for (int i = 0; finite && i < settings_.iterations; ++i) {
      finite = iterate(batches.next(), result);
    }
    result.after = finite ? loss_after_step(held) : std::numeric_limits<double>::quiet_NaN();
    result.norm_after = norm();
    result.gradient_evaluations = surface_.gradient_evaluations();
    return result;
  }

  const Vector& parameters() const { return parameters_; }

 private:
  /// Pairs of batches from three successive thirds of a keyed order.
  class SampleHalves {
   public:
    SampleHalves(const GradInit& owner, std::uint64_t seed)
        : owner_(owner), stream_(owner.train_.size, seed) {}
    BatchPair next() {
      const std::vector<Index> shared = stream_.next(owner_.half_);
      const Samples first = joined(shared);
      return {.first = first, .second = joined(shared)};
    }

   private:
    Samples joined(std::vector<Index> samples) {
      const std::vector<Index> other = stream_.next(owner_.half_);
      samples.insert(samples.end(), other.begin(), other.end());
      return gather_samples(owner_.train_, samples);
    }
    const GradInit& owner_;
    SampleStream stream_;
  };

  double norm() const {
    if (settings_.optimizer == LookAhead::adam) return g_.cast<double>().cwiseAbs().sum();
    return std::sqrt(g_.cast<double>().squaredNorm());
  }

  /// The looked-ahead step's direction, from the gradient in g_: g / |g|, or the signs; 0 for g =
  /// 0.
  Vector direction() const {
    if (settings_.optimizer == LookAhead::adam) return g_.cwiseSign();
    const double length = norm();
    return length == 0 ? g_ : Vector(g_ / static_cast<Scalar>(length));
  }

  Vector stepped() const { return parameters_ - static_cast<Scalar>(settings_.eta) * direction(); }

  double loss_after_step(const BatchPair& batches) {
    surface_.gradient(parameters_, batches.first, g_);
    return surface_.loss(stepped(), batches.second);
  }

  bool iterate(const BatchPair& batches, GradInitResult& result) {
    surface_.gradient(parameters_, batches.first, g_);
    const double length = norm();
    if (!std::isfinite(length)) return false;
    const bool constrained = length > settings_.gamma;
    result.constrained += constrained ? 1 : 0;
    if (constrained) {
      surface_.hessian_product(parameters_, direction(), batches.first, slope_);  // d |g| / dp
    } else {
      find_slope_of_loss(batches);
    }
    if (!slope_.allFinite()) return false;
    move_scales(constrained);
    return true;
  }

  /// Of L / eta at p - eta u, u = g / |g|: du/dp = (I - u u^T) H / |g|, so d L / dp is grad L - eta
  /// H v / |g|, where v is what grad L has across u. The signs of g do not move with p.
  void find_slope_of_loss(const BatchPair& batches) {
    const Vector u = direction();
    Vector ahead;
    surface_.gradient(stepped(), batches.second, ahead);
    slope_ = ahead / static_cast<Scalar>(settings_.eta);
    const double length = norm();
    if (settings_.optimizer == LookAhead::adam || length == 0) return;
    const Vector across = ahead - u.dot(ahead) * u;
    Vector product;
    surface_.hessian_product(parameters_, across, batches.first, product);
    slope_ -= product / static_cast<Scalar>(length);
  }

  void move_scales(bool constrained) {
    for (TensorScale& tensor : scales_) {
      const auto start = start_.segment(tensor.offset, tensor.size);
      const double slope =
          start.cast<double>().dot(slope_.segment(tensor.offset, tensor.size).cast<double>());
      const double clipped = std::clamp(slope, -1.0, 1.0);
      const double step = (constrained ? tensor.constraint : tensor.loss).step(clipped);
      tensor.scale = std::max(tensor.scale - settings_.lr * step, tensor.least);
      parameters_.segment(tensor.offset, tensor.size) = static_cast<Scalar>(tensor.scale) * start;
    }
  }

  const Dataset& train_;
  const GradInitSettings& settings_;
  Index half_;
  LossSurface surface_;
  Vector start_;
  Vector parameters_;
  Vector g_;
  Vector slope_;  // of the objective by the parameters
  std::vector<TensorScale> scales_;
};

}  // namespace

GradInitResult run_gradinit(const Network& network, std::span<const ParameterId> tensors,
                            const Dataset& train, Loss loss, const GradInitSettings& settings,
                            std::uint64_t seed, Vector& parameters) {
  GradInit run(network, tensors, train, loss, settings, parameters);
  const GradInitResult result = run.run(seed);
  parameters = run.parameters();
  return result;
}

}  // namespace initbench
