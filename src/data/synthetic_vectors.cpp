/// Sets whose inputs are vectors of any length: clusters, random labels, a teacher, a linear map.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/normals.h"
#include "data/synthetic.h"

namespace initbench {
namespace {

/// Classes in turn: every prefix of the set is balanced.
std::int32_t label_in_turn(Index index, Index classes) {
  return static_cast<std::int32_t>(index % classes);
}

std::vector<double> normals(Rng& rng, Index count, double std) {
  std::vector<double> values(static_cast<std::size_t>(count));
  draw_normals(rng, values);
  for (double& value : values) value *= std;
  return values;
}

/// y = w x + bias; w (outputs x inputs), row after row.
void multiply(const std::vector<double>& w, const std::vector<double>& bias,
              std::span<const double> x, std::span<double> y) {
  for (std::size_t row = 0; row < y.size(); ++row) {
    double sum = bias[row];
    for (std::size_t i = 0; i < x.size(); ++i) sum += w[row * x.size() + i] * x[i];
    y[row] = sum;
  }
}

/// One isotropic normal cluster per class, the two closest centres kSeparation apart.
class Blobs {
 public:
  Blobs(const SyntheticSpec& spec, std::uint64_t seed) : spec_(spec) {
    Rng rng = shared_stream(spec, seed, "centers");
    centers_ = normals(rng, spec.classes * spec.features, 1);
    const double scale = kSeparation / closest_distance();
    for (double& value : centers_) value *= scale;
  }
  void operator()(Index index, Rng& /*rng*/, SampleDraft& draft) {
    draft.label = label_in_turn(index, spec_.classes);
    const std::span<const double> center = center_of(draft.label);
    for (std::size_t i = 0; i < draft.inputs.size(); ++i) {
      draft.inputs[i] = center[i] + spec_.noise * draft.inputs[i];
    }
  }

 private:
  static constexpr double kSeparation = 4;

  std::span<const double> center_of(Index label) const {
    const auto features = static_cast<std::size_t>(spec_.features);
    return std::span(centers_).subspan(static_cast<std::size_t>(label) * features, features);
  }
  double closest_distance() const {
    double closest = 1e300;
    for (Index a = 0; a < spec_.classes; ++a) {
      for (Index b = 0; b < a; ++b) {
        double squares = 0;
        for (std::size_t i = 0; i < center_of(a).size(); ++i) {
          const double difference = center_of(a)[i] - center_of(b)[i];
          squares += difference * difference;
        }
        closest = std::min(closest, squares);
      }
    }
    return std::sqrt(closest);
  }

  SyntheticSpec spec_;
  std::vector<double> centers_;  // (classes x features), row after row
};

/// Standard normal inputs, labels drawn without looking at them: can only be memorized.
class GaussianInputs {
 public:
  explicit GaussianInputs(const SyntheticSpec& spec) : spec_(spec) {}
  void operator()(Index /*index*/, Rng& rng, SampleDraft& draft) {
    draft.label = static_cast<std::int32_t>(rng.below(spec_.classes));
    draw_normals(rng, draft.inputs);
  }

 private:
  SyntheticSpec spec_;
};

/// The class is the largest output of a random network with one hidden ReLU layer. Outputs are
/// standardized over reference inputs first, because one of them would win nearly always otherwise.
class Teacher {
 public:
  Teacher(const SyntheticSpec& spec, std::uint64_t seed)
      : spec_(spec),
        hidden_bias_(kHidden, 0.0),
        output_bias_(static_cast<std::size_t>(spec.classes), 0.0),
        hidden_(kHidden),
        outputs_(static_cast<std::size_t>(spec.classes)) {
    Rng hidden = shared_stream(spec, seed, "hidden weight");
    hidden_weight_ =
        normals(hidden, kHidden * spec.features, std::sqrt(2 / static_cast<double>(spec.features)));
    Rng output = shared_stream(spec, seed, "output weight");
    output_weight_ =
        normals(output, spec.classes * kHidden, std::sqrt(1 / static_cast<double>(kHidden)));
    Rng reference = shared_stream(spec, seed, "reference inputs");
    standardize_outputs(reference);
  }
  void operator()(Index /*index*/, Rng& rng, SampleDraft& draft) {
    run(draft.inputs);
    const auto best = std::ranges::max_element(outputs_) - outputs_.begin();
    draft.label = static_cast<std::int32_t>(best);
    if (rng.uniform() < spec_.noise) {
      draft.label = static_cast<std::int32_t>(rng.below(spec_.classes));
    }
  }

 private:
  static constexpr Index kHidden = 8;
  static constexpr Index kReferenceInputs = 1000;

  void run(std::span<const double> inputs) {
    multiply(hidden_weight_, hidden_bias_, inputs, hidden_);
    for (double& unit : hidden_) unit = std::max(unit, 0.0);
    multiply(output_weight_, output_bias_, hidden_, outputs_);
  }

  void standardize_outputs(Rng& rng) {
    const std::size_t classes = outputs_.size();
    std::vector<std::vector<double>> samples;
    std::vector<double> inputs(static_cast<std::size_t>(spec_.features));
    for (Index i = 0; i < kReferenceInputs; ++i) {
      draw_normals(rng, inputs);
      run(inputs);
      samples.push_back(outputs_);
    }
    for (std::size_t k = 0; k < classes; ++k) {
      double mean = 0;
      for (const auto& sample : samples) mean += sample[k] / kReferenceInputs;
      double variance = 0;
      for (const auto& sample : samples) {
        variance += (sample[k] - mean) * (sample[k] - mean) / kReferenceInputs;
      }
      const double scale = variance > 0 ? 1 / std::sqrt(variance) : 0;
      output_bias_[k] = -mean * scale;
      for (std::size_t i = 0; i < kHidden; ++i) output_weight_[k * kHidden + i] *= scale;
    }
  }

  SyntheticSpec spec_;
  std::vector<double> hidden_weight_;  // (kHidden x features), row after row
  std::vector<double> hidden_bias_;
  std::vector<double> output_weight_;  // (classes x kHidden), row after row
  std::vector<double> output_bias_;
  std::vector<double> hidden_;  // of the sample being drawn
  std::vector<double> outputs_;
};

/// y = w x + noise, standard normal x, w of unit expected length.
class Linear {
 public:
  Linear(const SyntheticSpec& spec, std::uint64_t seed) : spec_(spec) {
    Rng rng = shared_stream(spec, seed, "weight");
    weight_ = normals(rng, spec.features, std::sqrt(1 / static_cast<double>(spec.features)));
  }
  void operator()(Index /*index*/, Rng& rng, SampleDraft& draft) {
    double sum = 0;
    for (std::size_t i = 0; i < draft.inputs.size(); ++i) {
      sum += weight_[i] * draft.inputs[i];
    }
    draft.target = sum + spec_.noise * rng.normal();
  }

 private:
  SyntheticSpec spec_;
  std::vector<double> weight_;
};

}  // namespace

SampleGenerator make_blobs(const SyntheticSpec& spec, std::uint64_t seed) {
  return {
      .shape = Shape::flat(spec.features), .draw = Blobs(spec, seed), .starts_from_normals = true};
}
SampleGenerator make_gaussian(const SyntheticSpec& spec, std::uint64_t /*seed*/) {
  return {.shape = Shape::flat(spec.features), .draw = GaussianInputs(spec)};
}
SampleGenerator make_teacher(const SyntheticSpec& spec, std::uint64_t seed) {
  return {.shape = Shape::flat(spec.features),
          .draw = Teacher(spec, seed),
          .starts_from_normals = true};
}
SampleGenerator make_linear(const SyntheticSpec& spec, std::uint64_t seed) {
  return {
      .shape = Shape::flat(spec.features), .draw = Linear(spec, seed), .starts_from_normals = true};
}

}  // namespace initbench
