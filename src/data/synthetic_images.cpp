/// Images in which only local structure tells the class, so that a convolution beats a dense layer.
#include <algorithm>
#include <numbers>
#include <vector>

#include "base/exact_math.h"
#include "data/synthetic.h"

namespace initbench {
namespace {

constexpr double kPi = std::numbers::pi;

/// Noise of mean 0 and variance 1 for a quarter of a normal draw's time, bounded at +-3.46: the sum
/// of four uniform numbers of 16 bits (Irwin-Hall). There is one draw per pixel.
double pixel_noise(Rng& rng) {
  constexpr double kMean = 4 * 32767.5;
  constexpr double kStd = 37837.22;  // 65536 * sqrt(4 / 12), the lattice's share is below 1e-9
  const std::uint64_t bits = rng.bits();
  const std::uint64_t sum =
      (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
  return (static_cast<double>(sum) - kMean) * (1 / kStd);
}

/// A point on the unit circle; under an envelope, inside it.
struct Wave {
  double cosine = 1;
  double sine = 0;
};

Wave at_angle(double angle) { return {.cosine = exact::cos(angle), .sine = exact::sin(angle)}; }

/// The angles' sum.
Wave rotated(const Wave& a, const Wave& b) {
  return {.cosine = a.cosine * b.cosine - a.sine * b.sine,
          .sine = a.sine * b.cosine + a.cosine * b.sine};
}

/// A small patch of stripes at a random place, with a random phase, on noise; the class is the
/// stripes' direction. Place and phase average out in every single pixel: nothing linear is left.
class Gratings {
 public:
  explicit Gratings(const SyntheticSpec& spec) : spec_(spec) {
    for (Index k = 0; k < spec.classes; ++k) {
      const double direction = kPi * static_cast<double>(k) / static_cast<double>(spec.classes);
      across_.push_back(kFrequency * exact::cos(direction));
      down_.push_back(kFrequency * exact::sin(direction));
    }
    columns_.resize(static_cast<std::size_t>(spec.image_size));
    rows_.resize(columns_.size());
  }

  void operator()(Index index, Rng& rng, SampleDraft& draft) {
    const auto label = static_cast<std::size_t>(index % spec_.classes);
    draft.label = static_cast<std::int32_t>(label);
    const double center_x = center(rng);
    const double center_y = center(rng);
    const double phase = 2 * kPi * rng.uniform();
    fill(columns_, center_x, across_[label], phase);
    fill(rows_, center_y, down_[label], 0);
    std::size_t pixel = 0;
    for (const Wave& row : rows_) {
      for (const Wave& column : columns_) {
        draft.inputs[pixel++] = rotated(row, column).cosine + spec_.noise * pixel_noise(rng);
      }
    }
  }

 private:
  static constexpr double kFrequency = 2 * kPi / 4;  // radians per pixel: stripes 4 pixels apart
  static constexpr double kRadius = 4.5;             // of the patch, pixels

  /// One axis' part of the argument, under that axis' part of the envelope (1 - (d / radius)^2)^2.
  /// By rotation, because a sine and a cosine for every position would take most of the time.
  static void fill(std::vector<Wave>& axis, double center, double frequency, double phase) {
    const Wave step = at_angle(frequency);
    Wave wave = at_angle(phase - frequency * center);
    for (std::size_t i = 0; i < axis.size(); ++i) {
      const double distance = (static_cast<double>(i) - center) / kRadius;
      const double inside = std::max(0.0, 1 - distance * distance);
      const double envelope = inside * inside;
      axis[i] = {.cosine = envelope * wave.cosine, .sine = envelope * wave.sine};
      wave = rotated(wave, step);
    }
  }

  /// Far enough from the border that most of the patch is visible.
  double center(Rng& rng) const {
    constexpr double kMargin = 2;
    const auto last = static_cast<double>(spec_.image_size - 1);
    return kMargin + (last - 2 * kMargin) * rng.uniform();
  }

  SyntheticSpec spec_;
  std::vector<double> across_;  // radians per pixel, by class
  std::vector<double> down_;
  std::vector<Wave> columns_;  // of the sample being drawn
  std::vector<Wave> rows_;
};

}  // namespace

SampleGenerator make_gratings(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  return {.shape = Shape::image(spec.image_size, spec.image_size, 1), .draw = Gratings(spec)};
}

}  // namespace initbench
