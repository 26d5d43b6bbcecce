#include "experiment/outlook.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "experiment/config_text.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(NearestCondition, IsTheLargestShareOfTheWayInTheLogarithm) {
  // A tenth is half of the way to a hundredth; 70^(1/4) a quarter of that to 70.
  const Outlook outlook{.signal = 0.1, .gradient = std::pow(70, 0.25), .gap = 1};
  Thresholds thresholds;
  thresholds.chaotic = 1e30;
  const Nearest nearest = nearest_condition(outlook, thresholds);
  EXPECT_EQ(nearest.condition, Condition::vanishing_activations);
  EXPECT_NEAR(nearest.share, 0.5, 1e-12);
}

TEST(NearestCondition, IsNoneOnTheSafeSideOfTheIdeal) {
  EXPECT_EQ(nearest_condition({.signal = 1, .gradient = 1, .gap = 1.2}, {}).share, 0);
}

TEST(NearestCondition, IsReachedByWhatIsNoNumber) {
  EXPECT_GE(nearest_condition({.signal = kNan, .gradient = 1}, {}).share, 1);
}

TEST(Outlook, IsNotSoundWhileSomethingIsUnknown) {
  EXPECT_FALSE(is_sound({.signal = 1}, {}));
  EXPECT_TRUE(is_sound({.signal = 1, .gradient = 1}, {}));
}

// He's law keeps relu's lengths and gradients (He et al. 2015), Xavier's halves their squares.
TEST(Forecast, KnowsHeAndXavierAtThirtyReluLayers) {
  const auto of = [](const std::string& init) {
    const ExperimentConfig config = read(
        R"({"data": {"dataset": "gaussian", "train_size": 64}, "model": {"init": ")" + init +
        R"(", "layers": [{"type": "dense", "units": 64, "repeat": 30}, {"type": "output"}]}})");
    return forecast(config, load_data(config.data, 0).train).outlook;
  };
  EXPECT_NEAR(of("kaiming_normal").signal.value(), 1, 1e-6);
  EXPECT_NEAR(of("kaiming_normal").gradient.value(), 1, 1e-6);
  EXPECT_NEAR(of("xavier_normal").signal.value() / std::pow(2, -15), 1, 1e-6);
}

}  // namespace
}  // namespace initbench
