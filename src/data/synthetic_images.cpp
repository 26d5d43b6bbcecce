/// Images in which only local structure tells the class, so that a convolution beats a dense layer.
#include <numbers>
#include <vector>

#include "base/exact_math.h"
#include "data/synthetic.h"

namespace initbench {
namespace {

constexpr double kPi = std::numbers::pi;

/// A small patch of stripes at a random place, with a random phase, on noise; the class is the
/// stripes' direction. Place and phase average out in every single pixel: nothing linear is left.
class Gratings {
 public:
  explicit Gratings(const SyntheticSpec& spec) : spec_(spec) {
    for (Index k = 0; k < spec.classes; ++k) {
      const double angle = kPi * static_cast<double>(k) / static_cast<double>(spec.classes);
      const double frequency = 2 * kPi / kWavelength;
      across_.push_back(frequency * exact::cos(angle));
      down_.push_back(frequency * exact::sin(angle));
    }
    columns_.resize(static_cast<std::size_t>(spec.image_size));
  }
  void operator()(Index index, Rng& rng, SampleDraft& draft) {
    const auto label = static_cast<std::size_t>(index % spec_.classes);
    draft.label = static_cast<std::int32_t>(label);
    const double center_x = center(rng);
    const double center_y = center(rng);
    const double phase = 2 * kPi * rng.uniform();
    // cos(a + b) = cos a cos b - sin a sin b and exp(a + b) = exp a exp b: one sine, cosine and
    // exponential per row and column instead of per pixel.
    for (std::size_t x = 0; x < columns_.size(); ++x) {
      columns_[x] = wave(static_cast<double>(x) - center_x, across_[label], phase);
    }
    std::size_t pixel = 0;
    for (std::size_t y = 0; y < columns_.size(); ++y) {
      const Wave row = wave(static_cast<double>(y) - center_y, down_[label], 0);
      for (const Wave& column : columns_) {
        draft.inputs[pixel++] =
            row.cosine * column.cosine - row.sine * column.sine + spec_.noise * rng.normal();
      }
    }
  }

 private:
  static constexpr double kWavelength = 4;  // pixels
  static constexpr double kRadius = 2;      // standard deviation of the patch, pixels

  /// Cosine and sine of one axis' part of the argument, under that axis' part of the envelope.
  struct Wave {
    double cosine = 0;
    double sine = 0;
  };
  static Wave wave(double distance, double frequency, double phase) {
    const double exponent = -distance * distance / (2 * kRadius * kRadius);
    if (exponent < -40) return {};  // 4e-18: nothing beside the patch
    const double envelope = exact::exp(exponent);
    const double argument = frequency * distance + phase;
    return {.cosine = envelope * exact::cos(argument), .sine = envelope * exact::sin(argument)};
  }
  /// Far enough from the border that most of the patch is visible.
  double center(Rng& rng) const {
    const auto last = static_cast<double>(spec_.image_size - 1);
    return kRadius + (last - 2 * kRadius) * rng.uniform();
  }

  SyntheticSpec spec_;
  std::vector<double> across_;  // radians per pixel, by class
  std::vector<double> down_;
  std::vector<Wave> columns_;  // of the sample being drawn
};

}  // namespace

SampleGenerator make_gratings(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  return {.shape = Shape::image(spec.image_size, spec.image_size, 1), .draw = Gratings(spec)};
}

}  // namespace initbench
