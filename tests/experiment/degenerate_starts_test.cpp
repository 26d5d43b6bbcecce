/// Starts that break no symmetry, or too little of it.
#include <gtest/gtest.h>

#include <Eigen/QR>
#include <cmath>
#include <map>

#include "experiment/run_record.h"

namespace initbench {
namespace {

std::string degenerate_text(const std::string& init, int steps) {
  return R"({"data": {"dataset": "blobs", "train_size": 512, "test_size": 10},
    "model": {"init": )" +
         init + R"(, "activation": "tanh", "layers": [
      {"type": "dense", "units": 16}, {"type": "dense", "units": 16}, {"type": "output"}]},
    "train": {"steps": )" +
         number(steps) + R"(, "lr": 0.5, "batch_size": 512, "shuffle": false},
    "log": {"every": 1}})";
}

TEST(Zeros, GiveHiddenWeightsNoGradientEver) {
  const Record record = run(degenerate_text(R"("zeros")", 50));
  for (const char* name : {"dense1.weight", "dense2.weight", "output.weight", "dense1.bias"}) {
    EXPECT_EQ(record.gradient_norm(name), 0) << name;
  }
  EXPECT_EQ(record.weight("dense2").norm(), 0);
}

// Only the output's bias learns: the loss falls to the entropy of the labels' frequencies.
TEST(Zeros, BringTheLossToTheEntropyOfTheLabels) {
  const ExperimentConfig config = read(degenerate_text(R"("zeros")", 1000));
  const DataSplits data = load_data(config.data, 0);
  std::map<std::int32_t, double> shares;
  for (const std::int32_t label : data.train.labels) shares[label] += 1.0 / 512;
  double entropy = 0;
  for (const auto& [label, share] : shares) entropy -= share * std::log(share);
  EXPECT_NEAR(run(degenerate_text(R"("zeros")", 1000)).losses.back(), entropy, 1e-5);
}

TEST(Constants, KeepHiddenUnitsEqualToTheBit) {
  const Record record = run(degenerate_text(R"({"scheme": "constant", "value": 0.1})", 50));
  for (const char* name : {"dense1", "dense2"}) {
    const Matrix w = record.weight(name);
    EXPECT_EQ((w.rowwise() - w.row(0)).norm(), 0) << name;
    EXPECT_GT((w.array() - Scalar(0.1)).abs().maxCoeff(), 1e-3) << "it learned nothing";
  }
}

/// rank(W - W_0) of the middle layer after training: Zhao et al. 2022, figure 3.
Index learned_rank(const std::string& init) {
  const std::string text =
      R"({"data": {"dataset": "blobs", "features": 8, "classes": 5, "train_size": 512,
                   "test_size": 10},
    "model": {"init": ")" +
      init + R"(", "activation": "relu", "layers": [
      {"type": "dense", "units": 64, "bias": false}, {"type": "dense", "units": 64, "bias": false},
      {"type": "output", "bias": false, "init": "xavier_normal"}]},
    "train": {"steps": STEPS, "lr": 0.1, "batch_size": 64}})";
  const auto at = [&](const std::string& steps) {
    std::string timed = text;
    timed.replace(timed.find("STEPS"), 5, steps);
    return run(timed).weight("dense2");
  };
  const Matrix moved = at("200") - at("0");
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(moved.cast<double>());
  qr.setThreshold(1e-4);
  return qr.rank();
}

// The 8 features reach a partial identity's units alone, for ever; a Hadamard matrix spreads them.
TEST(Zero, LearnsMoreRanksThanThePartialIdentity) {
  const Index identity = learned_rank("eye");
  const Index hadamard = learned_rank("zero");
  EXPECT_LE(identity, 8);
  EXPECT_GT(hadamard, 8);
}

}  // namespace
}  // namespace initbench
