/// The thresholds of diagnosis (probe/diagnosis.h says what they are for). Ratios are of norms, not
/// of their squares.
#pragma once

#include <cstdint>

namespace initbench {

struct Thresholds {
  /// A signal or gradient of a hundredth: learning at all layers is slower by its square.
  double vanishing_activations = 1e-2;
  double vanishing_gradients = 1e-2;
  double exploding_activations = 10;
  /// With residual blocks, which double the second moment each when nothing scales them.
  double exploding_residual_activations = 100;
  double exploding_gradients = 70;  // AutoTrainer (Zhang et al. 2021)
  double chaotic = 30;
  /// exp(-6.9): tanh networks train down to about exp(-6) (Schoenholz et al. 2017: 6 depth scales).
  /// A cosine above 0.99 is no obstacle by itself. MNIST, 500 updates, the best of six rates:
  /// ordered tanh networks train at 4e-4 of the data's gap (60 layers, loss 1.14 of 2.30), hardly
  /// at 1e-5 (80 layers), not at 8e-7 (100); He's relu networks of 60 to 150 layers, with cosines
  /// from 0.983 to 0.9988, all train.
  double rank_collapse = 3e-4;
  double dead_units = 0.5;  // what any law that is symmetric around 0 stays below in the mean
  double saturated = 0.4;
  double symmetric = 0.01;
  double stalled = 0.98;             // of the loss of guessing
  double learned = 0.9;              // of the same: below, training has got somewhere
  double diverged = 10;              // times the larger of the first loss and that of guessing
  double idle_update = 1e-5;         // ||dW|| / ||W|| per step, median over layers
  std::int64_t stalled_steps = 500;  // by then a network whose weights do move should have learned
  /// Finite width alone spreads the logarithms of lengths; this many standard deviations are luck.
  double width_deviations = 3;
  bool operator==(const Thresholds&) const = default;
};

}  // namespace initbench
