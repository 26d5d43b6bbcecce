/// Six networks against PyTorch: tests/reference/*.json, written by scripts/make_reference.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "experiment/config_json.h"
#include "nn/loss.h"
#include "nn/network.h"
#include "nn/tape.h"
#include "train/optimizer.h"

namespace initbench {
namespace {

using nlohmann::json;

constexpr double kAtStepZero = 1e-5;  // relative
constexpr double kAfterTraining = 1e-4;

ExperimentConfig config_of(const json& model, const json& train) {
  const json config = {{"name", "reference"},
                       {"data", {{"dataset", "gaussian"}}},
                       {"model", model},
                       {"train", train}};
  return read_config(config.dump(), "reference.json");
}

Shape shape_of(const json& input) {
  if (input.contains("features")) return Shape::flat(input["features"]);
  return Shape::image(input["height"], input["width"], input["channels"]);
}

/// The reference's network and batches, and the memory to run them.
class Reference {
 public:
  explicit Reference(const std::filesystem::path& path)
      : file_(json::parse(std::ifstream(path))),
        network_(config_of(file_["model"], {{"steps", 0}}).model, shape_of(file_["input"]),
                 file_["classes"]),
        tape_(network_, static_cast<Index>(file_["batches"][0]["labels"].size())) {
    reset();
  }

  const json& file() const { return file_; }
  Network& network() { return network_; }
  ConstMatrixView logits() const { return tape_.value(network_.output()); }
  Vector& gradient() { return gradient_; }

  /// Puts the initial values back.
  void reset() {
    for (const Parameter& parameter : network_.parameters()) {
      const Vector values = listed(parameter, "values");
      network_.values().segment(parameter.offset, parameter.size) = values;
    }
  }

  /// A tensor of the reference, by the parameter's name.
  Vector listed(const Parameter& parameter, const std::string& what) const {
    const json& all = file_["parameters"];
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const json& entry) { return entry["name"] == parameter.name; });
    if (found == all.end()) throw std::runtime_error("no " + parameter.name + " in the reference");
    const auto numbers = (*found)[what].get<std::vector<double>>();
    if (static_cast<Index>(numbers.size()) != parameter.size) {
      throw std::runtime_error(parameter.name + " has another size in the reference");
    }
    return Eigen::Map<const Eigen::VectorXd>(numbers.data(), parameter.size).cast<Scalar>();
  }

  /// Forward and backward on batch number `batch`; the loss.
  double pass(std::size_t batch) {
    const json& entry = file_["batches"][batch];
    Index column = 0;
    for (const json& sample : entry["inputs"]) {
      const auto values = sample.get<std::vector<float>>();
      tape_.value(0).col(column++) =
          Eigen::Map<const Eigen::VectorXf>(values.data(), static_cast<Index>(values.size()));
    }
    const auto labels = entry["labels"].get<std::vector<std::int32_t>>();
    forward(network_, {.mode = Mode::train}, tape_);
    const double loss = cross_entropy(logits(), labels, tape_.gradient(network_.output())).loss;
    backward(network_, tape_, gradient_);
    return loss;
  }

 private:
  json file_;
  Network network_;
  Tape tape_;
  Vector gradient_;
};

std::vector<std::filesystem::path> reference_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(INITBENCH_SOURCE_DIR "/tests/reference")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class PyTorch : public testing::TestWithParam<std::filesystem::path> {
 protected:
  PyTorch() : reference_(GetParam()) {}
  Reference reference_;
};

TEST_P(PyTorch, HasTheSameParameters) {
  EXPECT_EQ(reference_.network().parameters().size(), reference_.file()["parameters"].size());
}

TEST_P(PyTorch, GivesTheSameLossAndLogits) {
  EXPECT_NEAR(reference_.pass(0) / reference_.file()["loss"].get<double>(), 1, kAtStepZero);
  double squared_error = 0;
  double squared_norm = 0;
  Index column = 0;
  for (const json& sample : reference_.file()["logits"]) {
    const auto expected = sample.get<std::vector<double>>();
    for (std::size_t row = 0; row < expected.size(); ++row) {
      const double actual = reference_.logits()(static_cast<Index>(row), column);
      squared_error += (actual - expected[row]) * (actual - expected[row]);
      squared_norm += expected[row] * expected[row];
    }
    ++column;
  }
  EXPECT_LT(std::sqrt(squared_error / squared_norm), kAtStepZero);
}

TEST_P(PyTorch, GivesTheSameGradients) {
  reference_.pass(0);
  // A bias before a norm has a gradient of exactly zero in exact arithmetic: compare such tensors
  // on the scale of the whole gradient.
  const double floor = 1e-3 * static_cast<double>(reference_.gradient().norm());
  for (const Parameter& parameter : reference_.network().parameters()) {
    const Vector expected = reference_.listed(parameter, "gradient");
    const Vector actual = reference_.gradient().segment(parameter.offset, parameter.size);
    const double scale = std::max(static_cast<double>(expected.norm()), floor);
    EXPECT_LT((actual - expected).norm() / scale, kAtStepZero) << parameter.name;
  }
}

TEST_P(PyTorch, GivesTheSameTwentyLossesUnderEveryOptimizer) {
  for (const json& training : reference_.file()["training"]) {
    json train = training["train"];
    train["steps"] = 20;
    const OptimizerSpec optimizer = config_of(reference_.file()["model"], train).train.optimizer;
    const auto losses = training["losses"].get<std::vector<double>>();
    OptimizerState state;
    reference_.reset();
    for (std::size_t step = 0; step < losses.size(); ++step) {
      const double loss = reference_.pass(step % reference_.file()["batches"].size());
      EXPECT_NEAR(loss / losses[step], 1, step == 0 ? kAtStepZero : kAfterTraining)
          << training["train"] << " step " << step;
      apply_update(optimizer, optimizer.lr, reference_.gradient(), state,
                   reference_.network().values());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(References, PyTorch, testing::ValuesIn(reference_files()),
                         [](const auto& instance) { return instance.param.stem().string(); });

TEST(PyTorchReferences, AreSix) { EXPECT_EQ(reference_files().size(), 6U); }

}  // namespace
}  // namespace initbench
