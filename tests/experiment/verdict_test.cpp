/// Verdicts on networks whose label was fixed by how they were made: see labelled_networks.json.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiment/config_text.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

using Json = nlohmann::json;

/// `worst` is what must be said first: the label, but for networks that were made to have one
/// condition and have a worse one with it. What halves signals halves gradients, too; what is not
/// critical lets both gradients and differences of samples vanish, or makes both grow; an exploding
/// update leaves dead units.
struct Labelled {
  std::string name;
  std::string label;
  std::string worst;
  Json config;
};

/// Half of the cases are kept back from the tuning of rules: by a hash of their names, so that a
/// new case does not choose its side.
bool is_kept_back(const std::string& name) {
  std::uint32_t hash = 2166136261;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return (hash >> 16) % 2 == 1;
}

std::vector<Labelled> labelled_networks(bool kept_back) {
  std::ifstream file(INITBENCH_SOURCE_DIR "/tests/experiment/labelled_networks.json");
  std::vector<Labelled> cases;
  for (const Json& row : Json::parse(file)) {
    const std::string name = row.at("config").at("name");
    if (is_kept_back(name) != kept_back) continue;
    const std::string label = row.at("label");
    cases.push_back({name, label, row.value("worst", label), row.at("config")});
  }
  return cases;
}

Verdict verdict_on(const Json& text, const TrialControl& control = {}) {
  const ExperimentConfig config = read(text.dump());
  Observer nobody;
  return run_trial(config, load_data(config.data, config.seed), nobody, control).verdict;
}

bool holds(const Verdict& verdict, const std::string& label) {
  if (label == kHealthy) return verdict.findings.empty();
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [&](const Finding& finding) {
    return condition_row(finding.condition).name == label;
  });
}

void expect_right_verdicts(const std::vector<Labelled>& cases) {
  std::size_t right = 0;
  for (const Labelled& labelled : cases) {
    const Verdict verdict = verdict_on(labelled.config, {.advises = false});
    if (verdict.name() == labelled.worst && holds(verdict, labelled.label)) {
      ++right;
      continue;
    }
    const std::string miss =
        labelled.name + " is " + labelled.label + ", called " + std::string(verdict.name());
    EXPECT_NE(labelled.label, kHealthy) << "false alarm: " << miss;
    std::cout << miss << "\n";
  }
  EXPECT_GE(static_cast<double>(right), .95 * static_cast<double>(cases.size()));
}

TEST(LabelledNetworks, AreEnoughOnBothSides) {
  EXPECT_GE(labelled_networks(false).size(), 30U);
  EXPECT_GE(labelled_networks(true).size(), 30U);
}

TEST(LabelledNetworks, AreMostlyLabelledByTheirWorstCondition) {
  for (const bool kept_back : {false, true}) {
    const std::vector<Labelled> cases = labelled_networks(kept_back);
    const auto exceptions = std::count_if(cases.begin(), cases.end(),
                                          [](const Labelled& l) { return l.worst != l.label; });
    EXPECT_LE(exceptions, 11);
  }
}

TEST(LabelledNetworks, AreJudgedRight) { expect_right_verdicts(labelled_networks(false)); }

TEST(LabelledNetworks, KeptBackAreJudgedRight) { expect_right_verdicts(labelled_networks(true)); }

// Its output's bias alone moves, towards the frequencies of the classes.
TEST(Verdict, CallsANetworkOfZerosStalledHoweverFewItsSteps) {
  const Verdict verdict =
      verdict_on(Json::parse(R"({"data": {"dataset": "blobs", "train_size": 256},
    "model": {"init": "zeros", "layers": [{"type": "dense", "units": 32, "repeat": 3},
      {"type": "output"}]}, "train": {"steps": 50, "lr": 0.03}})"));
  ASSERT_EQ(verdict.findings.size(), 2U);
  EXPECT_EQ(verdict.findings[0].condition, Condition::symmetric);
  EXPECT_EQ(verdict.findings[1].condition, Condition::stalled);
}

/// Settings of `advice`, applied, make the network healthy at initialization.
TEST(Advice, AppliedGivesANetworkThatIsHealthyAtInitialization) {
  for (const char* init : {"xavier_normal", "zeros"}) {
    const std::string text =
        R"({"data": {"dataset": "blobs", "train_size": 256}, "model": {"init": ")" +
        std::string(init) + R"(", "bias_init": {"scheme": "constant", "value": -1},
        "layers": [{"type": "dense", "units": 100, "repeat": 30}, {"type": "output"}]},
      "train": {"steps": 0}})";
    const Verdict verdict = verdict_on(Json::parse(text));
    ASSERT_TRUE(verdict.advice.has_value()) << init;
    std::vector<Override> overrides;
    for (const std::string& set : verdict.advice->settings)
      overrides.push_back(parse_override(set));
    const ExperimentConfig changed = read(text, overrides);
    Observer nobody;
    const auto result = run_trial(changed, load_data(changed.data, changed.seed), nobody);
    EXPECT_EQ(result.verdict.name(), kHealthy) << init;
  }
}

// A tenth of these rates diverges, too.
TEST(Advice, LowersADivergingRateToOneThatWasTried) {
  for (const char* training :
       {R"({"dataset": "teacher"}|{"lr": 50, "steps": 100})",
        R"({"dataset": "linear"}|{"lr": 5, "steps": 100})",
        R"({"dataset": "sine"}|{"lr": 0.5, "momentum": 0.95, "steps": 1000})"}) {
    SCOPED_TRACE(training);
    const std::string both = training;
    const std::size_t bar = both.find('|');
    const std::string text = R"({"data": )" + both.substr(0, bar) +
                             R"(, "model": {"init": "kaiming_normal", "layers":
      [{"type": "dense", "units": 64, "repeat": 5}, {"type": "output"}]}, "train": )" +
                             both.substr(bar + 1) + "}";
    const Verdict verdict = verdict_on(Json::parse(text));
    ASSERT_EQ(verdict.name(), "diverged");
    ASSERT_TRUE(verdict.advice.has_value());
    const ExperimentConfig changed = read(text, {parse_override(verdict.advice->settings.at(0))});
    Observer nobody;
    const auto result = run_trial(changed, load_data(changed.data, changed.seed), nobody);
    EXPECT_EQ(result.verdict.name(), kHealthy);
  }
}

TEST(Advice, RaisesARateThatDoesNotMoveTheWeights) {
  const Verdict verdict =
      verdict_on(Json::parse(R"({"data": {"dataset": "blobs", "train_size": 256},
    "model": {"layers": [{"type": "dense", "units": 32}, {"type": "output"}]},
    "train": {"steps": 20, "lr": 1e-7}})"));
  ASSERT_EQ(verdict.name(), "stalled");
  ASSERT_TRUE(verdict.advice.has_value());
  const double lr = std::stod(verdict.advice->settings.at(0).substr(9));
  EXPECT_GT(lr, 1e-4);
  EXPECT_LT(lr, 1);
}

}  // namespace
}  // namespace initbench
