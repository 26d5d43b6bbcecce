#include "report/phase_diagram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace initbench {
namespace {

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) found.push_back(cell);
  return found;
}

std::vector<std::vector<std::string>> rows_of(ActivationKind kind, std::vector<double> w,
                                              std::vector<double> b) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream stream(phase_diagram({kind, 0}, w, b));
  for (std::string line; std::getline(stream, line);) rows.push_back(cells(line));
  return rows;
}

double number(const std::string& cell) { return std::strtod(cell.c_str(), nullptr); }

TEST(PhaseDiagram, HasTheTabulatedNumbersOfTanh) {
  const auto rows = rows_of(ActivationKind::tanh, {1, 2}, {.05});
  ASSERT_EQ(rows.size(), 4U);  // header, two points, the critical one
  EXPECT_EQ(rows[1][3], "ordered");
  EXPECT_NEAR(number(rows[1][5]), .19359, 5.1e-6);  // q*
  EXPECT_NEAR(number(rows[1][6]), .75903, 5.1e-6);  // chi
  EXPECT_NEAR(number(rows[1][9]), 3.63, 5.1e-3);    // xi_c
  EXPECT_EQ(rows[2][3], "chaotic");
  EXPECT_NEAR(number(rows[2][7]), .7441, 5.1e-5);  // c*
  EXPECT_NEAR(number(rows[2][11]), 151, .51);      // 6 xi_c
}

TEST(PhaseDiagram, EndsWithTheLineOnWhichChiIsOne) {
  const auto rows = rows_of(ActivationKind::tanh, {1}, {0, .01, .05});
  ASSERT_EQ(rows.size(), 7U);
  const double sigma_w2[] = {1, 1.42421, 1.76095};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows[4 + i][2], "chi=1");
    EXPECT_EQ(rows[4 + i][3], "critical");
    EXPECT_NEAR(number(rows[4 + i][0]), sigma_w2[i], 5.1e-6);
    EXPECT_EQ(rows[4 + i][9], "inf");
  }
}

TEST(PhaseDiagram, HasNoCriticalPointOfReluWithBiases) {
  const auto rows = rows_of(ActivationKind::relu, {1, 3}, {0, .1});
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[1][4], "zero");
  EXPECT_EQ(rows[2][4], "infinite");
  EXPECT_EQ(rows[2][5], "inf");
  EXPECT_EQ(rows[2][3], "exploding");  // but not chaotic: any two inputs grow alike
  EXPECT_EQ(rows[2][7], "");           // no c*
  EXPECT_EQ(number(rows[5][1]), 0);
}

}  // namespace
}  // namespace initbench
