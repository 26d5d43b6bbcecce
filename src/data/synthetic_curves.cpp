/// Sets that fit on a plot: classes in the plane, and functions of one variable.
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

#include "base/exact_math.h"
#include "data/synthetic.h"

namespace initbench {
namespace {

constexpr double kPi = std::numbers::pi;

struct Point {
  double x = 0;
  double y = 0;
};

/// Points on a curve per class (classes in turn), blurred by normal noise.
class PlaneCurves {
 public:
  /// A point of the class's curve; `position` is uniform in [0, 1).
  using Curve = std::function<Point(std::int32_t label, double position)>;

  PlaneCurves(const SyntheticSpec& spec, Curve curve) : spec_(spec), curve_(std::move(curve)) {}
  void operator()(Index index, Rng& rng, SampleDraft& draft) {
    draft.label = static_cast<std::int32_t>(index % spec_.classes);
    const Point point = curve_(draft.label, rng.uniform());
    draft.inputs[0] = point.x + spec_.noise * rng.normal();
    draft.inputs[1] = point.y + spec_.noise * rng.normal();
  }

 private:
  SyntheticSpec spec_;
  Curve curve_;
};

/// Uniform in [-1, 1]^features; the class says whether the first two signs differ. The other
/// features are distractions.
class Xor {
 public:
  explicit Xor(const SyntheticSpec& spec) : spec_(spec) {}
  void operator()(Index /*index*/, Rng& rng, SampleDraft& draft) {
    for (double& input : draft.inputs) input = 2 * rng.uniform() - 1;
    draft.label = (draft.inputs[0] > 0) == (draft.inputs[1] > 0) ? 0 : 1;
    for (double& input : draft.inputs) input += spec_.noise * rng.normal();
  }

 private:
  SyntheticSpec spec_;
};

/// y = f(x) + noise, x uniform in [-range, range].
class OneVariable {
 public:
  OneVariable(const SyntheticSpec& spec, double range, double (*f)(double))
      : spec_(spec), range_(range), f_(f) {}
  void operator()(Index /*index*/, Rng& rng, SampleDraft& draft) {
    draft.inputs[0] = range_ * (2 * rng.uniform() - 1);
    draft.target = f_(draft.inputs[0]) + spec_.noise * rng.normal();
  }

 private:
  SyntheticSpec spec_;
  double range_;
  double (*f_)(double);
};

double absolute(double x) { return x < 0 ? -x : x; }

}  // namespace

SampleGenerator make_moons(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  return {.shape = Shape::flat(2),
          .draw = PlaneCurves(spec, [](std::int32_t label, double position) {
            const double angle = kPi * position;
            const Point moon{.x = exact::cos(angle), .y = exact::sin(angle)};
            return label == 0 ? moon : Point{.x = 1 - moon.x, .y = 0.5 - moon.y};
          })};
}

SampleGenerator make_circles(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  return {.shape = Shape::flat(2),
          .draw = PlaneCurves(spec, [](std::int32_t label, double position) {
            const double radius = 0.5 * (label + 1);
            const double angle = 2 * kPi * position;
            return Point{.x = radius * exact::cos(angle), .y = radius * exact::sin(angle)};
          })};
}

SampleGenerator make_spirals(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  constexpr double kTurn = 4;  // radians from the centre to the end of an arm
  return {.shape = Shape::flat(2),
          .draw = PlaneCurves(spec, [classes = spec.classes](std::int32_t label, double position) {
            // The square root spreads the points evenly along the arm, away from the crowded
            // centre.
            const double radius = std::sqrt(position);
            const double angle = 2 * kPi * label / static_cast<double>(classes) + kTurn * radius;
            return Point{.x = radius * exact::sin(angle), .y = radius * exact::cos(angle)};
          })};
}

SampleGenerator make_xor(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  return {.shape = Shape::flat(spec.features), .draw = Xor(spec)};
}

SampleGenerator make_sine(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  return {.shape = Shape::flat(1), .draw = OneVariable(spec, kPi, exact::sin)};
}

SampleGenerator make_abs(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  // Lu et al. 2020 (arXiv:1903.06733), the dying ReLU: x of variance 1.
  return {.shape = Shape::flat(1), .draw = OneVariable(spec, std::numbers::sqrt3, absolute)};
}

}  // namespace initbench
