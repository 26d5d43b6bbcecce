#include "report/gain_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/errors.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::vector<Activation> named(std::initializer_list<const char*> names) {
  std::vector<Activation> activations;
  for (const char* name : names) {
    const ActivationRow* row = find_activation(name);
    activations.push_back({.kind = row->kind, .parameter = row->default_parameter});
  }
  return activations;
}

Json rows_of(std::initializer_list<const char*> names, const GainRequest& request = {}) {
  return Json::parse(gain_table(named(names), request, TableFormat::json));
}

TEST(GainTable, HasEveryGainOfRelu) {
  const Json relu = rows_of({"relu"}).at(0);
  EXPECT_NEAR(relu.at("torch").get<double>(), std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(relu.at("second_moment").get<double>(), std::sqrt(2.0), 1e-10);
  EXPECT_NEAR(relu.at("variance").get<double>(), 1.7128585504496627, 1e-10);  // 1/sqrt(1/2-1/2pi)
  EXPECT_NEAR(relu.at("critical").get<double>(), std::sqrt(2.0), 1e-10);
  EXPECT_NEAR(relu.at("chi_variance").get<double>(), M_PI / (M_PI - 1), 1e-9);
}

TEST(GainTable, HasNoTorchGainForGelu) {
  const Json gelu = rows_of({"gelu"}).at(0);
  EXPECT_TRUE(gelu.at("torch").is_null());
  EXPECT_TRUE(gelu.at("chi_torch").is_null());
  EXPECT_NEAR(std::pow(gelu.at("critical_sigma_w").get<double>(), 2), 2.1937, 5e-5);
}

TEST(GainTable, TakesGainsAndTheCriticalPointAtTheGivenLength) {
  const Json tanh = rows_of({"tanh"}, {.q = 0.0625}).at(0);
  EXPECT_NEAR(std::pow(tanh.at("critical_sigma_w").get<double>(), 2), 1.115381, 5e-7);
  EXPECT_NEAR(std::pow(tanh.at("critical_sigma_b").get<double>(), 2), 2.369e-4, 5e-8);
  EXPECT_EQ(tanh.at("q"), 0.0625);
}

TEST(GainTable, TakesTheCriticalPointWithTheGivenBiases) {
  const Json tanh = rows_of({"tanh"}, {.sigma_b = 0.2}).at(0);
  EXPECT_NEAR(tanh.at("critical_sigma_w").get<double>(), 1.30415, 5.1e-6);
  EXPECT_NEAR(tanh.at("critical_q").get<double>(), 0.51208, 5.1e-6);
}

TEST(GainTable, SaysWhyThereIsNoCriticalPoint) {
  for (const char* name : {"sigmoid", "softplus"}) {
    const Json row = rows_of({name}).at(0);
    EXPECT_TRUE(row.at("critical_sigma_w").is_null()) << name;
    EXPECT_THAT(row.at("reason").get<std::string>(), HasSubstr("no critical point exists for"));
  }
  EXPECT_THAT(gain_table(named({"sigmoid"}), {}, TableFormat::text),
              HasSubstr("no critical point exists for sigmoid at usual lengths, q* below 45.62"));
}

TEST(GainTable, SaysOfADistantCriticalPointThatThereIsNoneAtUsualLengths) {
  const Json row = rows_of({"sigmoid"}, {.sigma_b = 0.1}).at(0);
  EXPECT_NEAR(row.at("critical_q").get<double>(), 45.65, .01);
  EXPECT_THAT(row.at("reason").get<std::string>(), HasSubstr("no critical point exists for"));
  EXPECT_EQ(rows_of({"tanh"}, {.sigma_b = 0.1}).at(0).at("reason"), "");
}

TEST(GainTable, OfAConstantSaysThatNoGradientPasses) {
  const std::vector<Activation> constant{{ActivationKind::sin, 0}};
  const Json row = Json::parse(gain_table(constant, {}, TableFormat::json)).at(0);
  EXPECT_THAT(row.at("reason").get<std::string>(), HasSubstr("constant"));
}

TEST(GainTable, HasARowForEachActivationOfTheTool) {
  std::vector<Activation> all;
  for (const ActivationRow& row : activation_table()) {
    all.push_back({row.kind, row.default_parameter});
  }
  const std::string markdown = gain_table(all, {}, TableFormat::markdown);
  for (const ActivationRow& row : activation_table()) {
    EXPECT_THAT(markdown, HasSubstr("| " + std::string(row.name) + " |"));
  }
}

TEST(GainTable, RefusesALengthThatTheQuadratureIsNotMadeFor) {
  for (const double q : {0.0, -1.0, 1e9, std::nan("")}) {
    EXPECT_THROW(gain_table(named({"tanh"}), {.q = q}, TableFormat::csv), ConfigError) << q;
  }
  EXPECT_THROW(gain_table(named({"tanh"}), {.sigma_b = -1.0}, TableFormat::csv), ConfigError);
}

TEST(CellTable, WritesTheSameCellsInEveryFormat) {
  const CellTable table{.headers = {"name", "value"},
                        .rows = {{std::string_view("a|b"), 0.123456789}, {std::monostate{}, 2.0}}};
  EXPECT_EQ(formatted(table, TableFormat::text), "name   value\na|b   0.1235\n           2\n");
  EXPECT_EQ(formatted(table, TableFormat::csv), "name,value\na|b,0.123456789\n,2\n");
  EXPECT_EQ(formatted(table, TableFormat::markdown),
            "| name | value |\n|---|---|\n| a\\|b | 0.1235 |\n|  | 2 |\n");
  const Json json = Json::parse(formatted(table, TableFormat::json));
  EXPECT_EQ(json, Json::parse(R"([{"name":"a|b","value":0.123456789},{"name":null,"value":2.0}])"));
}

}  // namespace
}  // namespace initbench
