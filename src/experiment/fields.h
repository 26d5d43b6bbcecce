/// THE lists of fields of a config, one function per struct: key, meaning, range, choices.
///
/// A visitor walks a list: FieldReader fills a struct from JSON, FieldWriter makes JSON of it,
/// FieldSchema describes it. A new config field is one line here and a member of the struct. Every
/// visitor has the same functions, named by what a field holds: `whole`, `real`, `flag`, `text`,
/// `choice`, `pair`, `object`, and one per kind of value that has a syntax of its own.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/config.h"
#include "experiment/layer_types.h"

namespace initbench {

/// A field's name and meaning. With a `refusal` the field does not apply here: giving it is an
/// error with that text.
struct Key {
  std::string_view name;
  std::string_view summary;
  std::string refusal{};
  bool required = false;
  bool unwritten = false;  // resolved configs leave it out: it has the value that this means
};

struct WholeRange {
  std::int64_t minimum = 0;
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
};

/// Both ends included unless said. The default upper end still fits into a float.
struct RealRange {
  double minimum = 0;
  double maximum = 1e30;
  bool above_minimum = false;  // the lower end itself is excluded
  bool below_maximum = false;
};

template <class Enum>
struct Choice {
  std::string_view name;
  Enum value;
};

/// Which of a layer's tensors a scheme is for.
enum class Tensor { weights, biases };

/// What `model` holds besides its layers: defaults and rules for them.
struct ModelDefaults {
  InitChoice init = choose("kaiming_normal");
  InitChoice bias_init;  // without a scheme: what the weight's scheme brings, else zeros
  std::map<std::string, InitChoice, std::less<>> init_by_type;
  std::map<std::string, InitChoice, std::less<>> bias_init_by_type;
  Activation activation{.kind = ActivationKind::relu, .parameter = 0};
  Norm norm = Norm::none;
};

/// How often a layer stands in its list.
struct Repetition {
  Index count = 1;
};

inline constexpr std::int64_t kMostLayers = 10'000;
inline constexpr std::int64_t kMostUnits = 1'000'000;
inline constexpr std::int64_t kLargestExtent = 4096;  // of kernels, strides, paddings
inline constexpr std::string_view kScaleByBlocks = "1/sqrt(blocks)";

std::span<const Choice<Norm>> norm_choices();
std::span<const Choice<PaddingMode>> padding_choices();  // those with a name
std::span<const Choice<Shortcut>> shortcut_choices();
std::span<const Choice<Normalize>> normalize_choices();
std::span<const Choice<OptimizerKind>> optimizer_choices();
std::span<const Choice<ScheduleKind>> schedule_choices();
std::span<const Choice<Loss>> loss_choices();
std::span<const Choice<LogWeights>> log_weights_choices();
std::span<const Choice<LogSpectra>> log_spectra_choices();
std::span<const Choice<std::string>> dataset_choices();

/// Types that a rule of init_by_type or bias_init_by_type may be for: the parametrised layers, and
/// "projection" (a residual's shortcut, which has no bias).
std::vector<std::string_view> rule_types(Tensor tensor);

/// What to use instead of a key that people know from elsewhere ("learning_rate"), or "".
std::string remedy_for_key(std::string_view key);

/// PyTorch's defaults of an optimizer (its learning rate and weight decay differ by optimizer).
OptimizerSpec default_optimizer(OptimizerKind kind);
/// "" when `users` has the kind, else that it does not use the field, and which do.
std::string refusal_unless(OptimizerKind kind, std::string_view field,
                           std::initializer_list<OptimizerKind> users);

/// A struct or the const version of it.
template <class S, class T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

template <class V, Is<DataSpec> S>
void visit_fields(V& v, S& s) {
  constexpr WholeRange kSamples{1, kMostSamples};
  v.choice(Key{"dataset", "Name of the data set; see: initbench list datasets"}, s.dataset,
           dataset_choices());
  v.text(Key{"path", "Folder of the IDX files, searched before the usual places."}, s.path);
  v.text(Key{"train_images", "File of the training images, for the dataset 'idx'."},
         s.train_images);
  v.text(Key{"train_labels", "File of the training labels, for the dataset 'idx'."},
         s.train_labels);
  v.text(Key{"test_images", "File of the test images, for the dataset 'idx'."}, s.test_images);
  v.text(Key{"test_labels", "File of the test labels, for the dataset 'idx'."}, s.test_labels);
  v.whole(Key{"train_size", "Number of training samples: the set's first ones."}, s.train_size,
          kSamples);
  v.whole(Key{"test_size", "Number of test samples: the set's first ones."}, s.test_size, kSamples);
  v.whole(Key{"features", "Input features of a synthetic set."}, s.features,
          WholeRange{1, kMostFeatures});
  v.whole(Key{"classes", "Classes of a synthetic set."}, s.classes,
          WholeRange{kFewestClasses, kMostClasses});
  v.real(Key{"noise", "Noise of a synthetic set; its unit depends on the set."}, s.noise,
         RealRange{});
  v.whole(Key{"image_size", "Height and width of synthetic images."}, s.image_size,
          WholeRange{kSmallestImage, kLargestImage});
  v.choice(Key{"normalize",
               "How inputs are scaled: standardize (mean 0, variance 1 over the training set), "
               "center (to [-0.5, 0.5]), unit (to [0, 1]), per_feature, none."},
           s.normalize, normalize_choices());
}

template <class V, Is<ModelDefaults> S>
void visit_fields(V& v, S& s) {
  v.scheme(Key{"init", "Scheme of weights, unless a rule or a layer says otherwise."}, s.init,
           Tensor::weights);
  v.scheme(
      Key{"bias_init",
          "Scheme of biases, unless a rule or a layer says otherwise; default: the law of biases "
          "that the weights' scheme brings, else zeros."},
      s.bias_init, Tensor::biases);
  v.scheme_by_type(Key{"init_by_type", "Schemes of weights by type of layer."}, s.init_by_type,
                   Tensor::weights);
  v.scheme_by_type(Key{"bias_init_by_type", "Schemes of biases by type of layer."},
                   s.bias_init_by_type, Tensor::biases);
  v.activation(Key{"activation", "Activation of dense, conv2d and activation layers."},
               s.activation);
  v.choice(Key{"norm", "Normalization between linear map and activation of dense and conv2d."},
           s.norm, norm_choices());
  v.layers(Key{"layers", "The layers, from the input to the output.", "", true});
}

template <class V, Is<Repetition> S>
void visit_fields(V& v, S& s) {
  v.whole(Key{"repeat", "How many copies of this layer stand here, one after the other."}, s.count,
          WholeRange{1, kMostLayers});
}

/// What dense layers and convolutions have in common. An output layer ends with its linear map.
template <class V, class S, class Init>
void visit_linear_map(V& v, S& s, Init& init, bool is_output) {
  v.flag(Key{"bias", "Whether the layer has biases."}, s.bias);
  if (!is_output) {
    v.choice(Key{"norm", "Normalization before the activation."}, s.norm, norm_choices());
    v.activation(Key{"activation", "Activation; default: the model's."}, s.activation);
  }
  v.scheme(Key{"init", "Scheme of the weights; default: the type's or the model's."}, init.weight,
           Tensor::weights);
  v.scheme(Key{"bias_init", "Scheme of the biases; default: the type's or the model's.",
               s.bias ? "" : "this layer has \"bias\": false; remove one of the two"},
           init.bias, Tensor::biases);
}

template <class V, Is<DenseSpec> S, class Init>
void visit_fields(V& v, S& s, Init& init) {
  if (s.is_output) {
    v.whole(Key{"units", "Number of outputs; 0: one per class or regression target."}, s.units,
            WholeRange{0, kMostUnits});
  } else {
    v.whole(Key{"units", "Number of units.", "", true}, s.units, WholeRange{1, kMostUnits});
  }
  visit_linear_map(v, s, init, s.is_output);
}

template <class V, Is<Conv2dSpec> S, class Init>
void visit_fields(V& v, S& s, Init& init) {
  constexpr WholeRange kExtent{1, kLargestExtent};
  v.whole(Key{"channels", "Number of output channels.", "", true}, s.channels,
          WholeRange{1, kMostUnits});
  v.pair(Key{"kernel", "Size of the kernel.", "", true}, s.kernel, kExtent);
  v.pair(Key{"stride", "Step from one output position to the next."}, s.stride, kExtent);
  v.padding(Key{"padding",
                "same, valid, circular, or a number of zeros at each side (one, or [height, "
                "width])."},
            s.padding);
  v.pair(Key{"dilation", "Distance between the kernel's points."}, s.dilation, kExtent);
  v.whole(Key{"groups", "Groups of channels that are convolved apart."}, s.groups,
          WholeRange{1, kMostUnits});
  visit_linear_map(v, s, init, false);
}

template <class V, Is<PoolSpec> S, class Init>
void visit_fields(V& v, S& s, Init&) {
  v.pair(Key{"size", "Size of the window."}, s.size, WholeRange{1, kLargestExtent});
  if constexpr (V::kFills) s.stride = s.size;  // PyTorch's default
  v.pair(Key{"stride", "Step from one window to the next; default: its size."}, s.stride,
         WholeRange{1, kLargestExtent});
}

template <class V, Is<GlobalAveragePoolSpec> S, class Init>
void visit_fields(V&, S&, Init&) {}

template <class V, Is<DropoutSpec> S, class Init>
void visit_fields(V& v, S& s, Init&) {
  v.real(Key{"rate", "Probability of zeroing a value."}, s.rate,
         RealRange{.minimum = 0, .maximum = 1, .below_maximum = true});
}

template <class V, Is<ActivationSpec> S, class Init>
void visit_fields(V& v, S& s, Init&) {
  v.activation(Key{"activation", "Activation; default: the model's."}, s.activation);
}

template <class V, Is<ResidualSpec> S, class Init>
void visit_fields(V& v, S& s, Init& init) {
  v.choice(Key{"shortcut",
               "identity, or projection: a 1x1 convolution or dense map without bias that brings "
               "the input to the branch's shape."},
           s.shortcut, shortcut_choices());
  v.scheme(Key{"shortcut_init", "Scheme of a projection's weights.",
               s.shortcut == Shortcut::projection
                   ? ""
                   : "an identity shortcut has no weights; use \"shortcut\": \"projection\""},
           init.weight, Tensor::weights);
  v.scale(Key{"scale",
              "Factor of the branch: a number, \"1/sqrt(blocks)\" (blocks: the residual layers of "
              "the whole network), or {\"learned\": start}."},
          s);
  v.activation(Key{"activation", "Activation of the sum; default: linear."}, s.activation);
  v.flag(
      Key{.name = "scalar_biases",
          .summary = "Fixup's: one learned scalar, from 0, before each linear map and activation "
                     "of the block, instead of biases per unit. The scheme fixup sets it itself.",
          .unwritten = !s.scalar_biases},
      s.scalar_biases);
  v.layers(Key{"layers", "The branch's layers.", "", true});
}

template <class V, Is<ScheduleSpec> S>
void visit_fields(V& v, S& s) {
  v.choice(Key{"name", "constant, step or cosine.", "", true}, s.kind, schedule_choices());
  const bool step = s.kind == ScheduleKind::step;
  const std::string not_step = step ? "" : "belongs to the schedule 'step'";
  const std::string not_cosine =
      s.kind == ScheduleKind::cosine ? "" : "belongs to the schedule 'cosine'";
  v.whole(Key{"step_size", "Steps between two drops of the rate (schedule step).", not_step, step},
          s.step_size, WholeRange{1});
  v.real(Key{"gamma", "Factor of each drop (schedule step).", not_step}, s.gamma, RealRange{});
  v.real(Key{"min_lr", "Rate at the last step (schedule cosine).", not_cosine}, s.min_lr,
         RealRange{});
}

template <class V, Is<TrainConfig> S>
void visit_fields(V& v, S& s) {
  using enum OptimizerKind;
  auto& o = s.optimizer;
  v.choice(Key{"optimizer", "See: initbench list optimizers"}, o.kind, optimizer_choices());
  if constexpr (V::kFills) o = default_optimizer(o.kind);
  v.real(Key{"lr", "Learning rate; default: 0.01, for adam and adamw 0.001."}, o.lr, RealRange{});
  v.real(Key{"momentum", "Momentum.", refusal_unless(o.kind, "momentum", {sgd, rmsprop})},
         o.momentum, RealRange{});
  v.flag(Key{"nesterov", "Nesterov's momentum.", refusal_unless(o.kind, "nesterov", {sgd})},
         o.nesterov);
  v.real(Key{"weight_decay", "Weight decay; default: 0, for adamw (where it is decoupled) 0.01."},
         o.weight_decay, RealRange{});
  v.betas(Key{"betas", "Decay of the first and of the second moment, [b1, b2].",
              refusal_unless(o.kind, "betas", {adam, adamw})},
          o);
  v.real(Key{"eps", "Added to the root of the second moment.",
             refusal_unless(o.kind, "eps", {adam, adamw, rmsprop})},
         o.epsilon, RealRange{});
  v.real(Key{"alpha", "Decay of the squared gradient.", refusal_unless(o.kind, "alpha", {rmsprop})},
         o.alpha, RealRange{.minimum = 0, .maximum = 1});
  v.named(Key{"schedule", "How the rate changes: a name, or an object with its settings."},
          s.schedule);
  v.whole(Key{"warmup_steps", "Steps over which the rate rises linearly to lr."},
          s.schedule.warmup_steps, WholeRange{0});
  v.whole(Key{"batch_size", "Samples per update."}, s.batch_size, WholeRange{1, 1'000'000});
  v.whole(Key{"epochs", "Passes over the training set; instead of steps. Default: 1."}, s.epochs,
          WholeRange{0, 1'000'000});
  v.whole(Key{"steps", "Number of updates; instead of epochs. 0: measure initialization alone."},
          s.steps, WholeRange{0, 1'000'000'000'000});
  v.flag(Key{"shuffle", "Whether each epoch visits the samples in a new order."}, s.shuffle);
  v.real(Key{"clip_norm", "Gradients are scaled down to at most this Euclidean norm."}, s.clip_norm,
         RealRange{.above_minimum = true});
  v.choice(Key{"loss", "Default: cross_entropy for classes, mse for regression targets."}, s.loss,
           loss_choices());
}

template <class V, Is<LogConfig> S>
void visit_fields(V& v, S& s) {
  v.whole(Key{"every", "Steps between two logged ones; 0: the first and the last only."}, s.every,
          WholeRange{0});
  // Left out when it is "none", so that runs from before there was this field keep their run_id.
  v.choice(
      Key{.name = "weights",
          .summary = "Weights to keep as safetensors files: none, init (before the first update), "
                     "final, all (both, and those of every logged step).",
          .unwritten = s.weights == LogWeights::none},
      s.weights, log_weights_choices());
  v.choice(Key{.name = "spectra",
               .summary = "Singular values of the Jacobian, in spectra.csv: off, init (before the "
                          "first update), all (every logged step).",
               .unwritten = s.spectra == LogSpectra::off},
           s.spectra, log_spectra_choices());
}

template <class V, Is<Thresholds> S>
void visit_fields(V& v, S& s) {
  const auto ratio = [&](std::string_view name, std::string_view summary, auto& value) {
    v.real(Key{name, summary}, value, RealRange{});
  };
  const auto share = [&](std::string_view name, std::string_view summary, auto& value) {
    v.real(Key{name, summary}, value, RealRange{.maximum = 1});
  };
  const auto growth = [&](std::string_view name, std::string_view summary, auto& value) {
    v.real(Key{name, summary}, value, RealRange{.minimum = 1});
  };
  share("vanishing_activations",
        "Rms of what the last layer reads over that of the data, from which on down it vanishes.",
        s.vanishing_activations);
  share("vanishing_gradients",
        "Gradient norm per sample at the first layer over that at the last, likewise.",
        s.vanishing_gradients);
  growth("exploding_activations",
         "Rms of the signal over that of the data, from which on up it "
         "explodes.",
         s.exploding_activations);
  growth("exploding_residual_activations", "The same for networks with residual blocks.",
         s.exploding_residual_activations);
  growth("exploding_gradients",
         "Gradient norm per sample at the first layer over that at the last.",
         s.exploding_gradients);
  growth("chaotic", "Growth of a small relative difference of inputs up to the last layer.",
         s.chaotic);
  share("rank_collapse", "1 - cosine of two samples before the last layer over that of the data.",
        s.rank_collapse);
  share("dead_units",
        "Share of units that are zero for the whole batch; the width's luck is added.",
        s.dead_units);
  share("saturated", "Share of a layer's activations in the outer 3 % of their range.",
        s.saturated);
  share("symmetric", "Share of a layer's units that are copies of another.", s.symmetric);
  ratio("stalled", "Loss over that of guessing, above which nothing was learned.", s.stalled);
  ratio("learned", "Loss over that of guessing, below which training has got somewhere.",
        s.learned);
  growth("diverged", "Loss over the larger of the first one and that of guessing.", s.diverged);
  ratio("idle_update",
        "||dW|| / ||W|| per step, the layers' median, below which a network that "
        "learned nothing is stalled however few its steps (10 at least).",
        s.idle_update);
  v.whole(Key{"stalled_steps", "Steps after which any network should have learned something."},
          s.stalled_steps, WholeRange{1});
  ratio("width_deviations",
        "Standard deviations, of what finite width alone does to lengths and "
        "shares, that pass for luck.",
        s.width_deviations);
}

template <class V, Is<ExperimentConfig> S>
void visit_fields(V& v, S& s) {
  v.ignored(Key{"$schema", "Where editors find the schema; not used."});
  v.text(Key{"name", "Name of the experiment and of its folder; default: the file's name."},
         s.name);
  v.seed(Key{"seed", "Seed of initial weights, synthetic data, batch order and dropout."}, s.seed);
  v.object(Key{"data", "The data set."}, s.data);
  v.model(Key{"model", "The network.", "", true});
  v.object(Key{"train", "How to train."}, s.train);
  v.object(Key{"log", "What to record."}, s.log);
  v.object(Key{.name = "diagnosis",
               .summary = "Thresholds of the verdict.",
               .unwritten = s.diagnosis == Thresholds{}},
           s.diagnosis);
  v.ignored(Key{"sweep", "Settings that differ from run to run (experiment/sweep.h)."});
}

/// The fields of one layer of any type.
template <class V, Is<LayerSpec> S, class Init>
void visit_layer(V& v, S& layer, Init& init) {
  std::visit([&](auto& spec) { visit_fields(v, spec, init); }, layer.kind);
}

}  // namespace initbench
