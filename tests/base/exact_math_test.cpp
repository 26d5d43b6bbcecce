#include "base/exact_math.h"

#include <gtest/gtest.h>

#include <cmath>

namespace initbench {
namespace {

struct Point {
  double x;
  double y;
};

// All expected values: mpmath with 60 digits or more, rounded to double.
void expect_relative(double (*function)(double), std::initializer_list<Point> points,
                     double tolerance) {
  for (const Point& point : points) {
    EXPECT_NEAR(function(point.x), point.y, tolerance * std::fabs(point.y)) << "x = " << point.x;
  }
}

TEST(ExactLog, AgreesWithHighPrecisionOverTheWholeRange) {
  expect_relative(exact::log,
                  {{1e-300, -690.7755278982137},
                   {0.001, -6.907755278982137},
                   {0.5, -0.6931471805599453},
                   {0.7071067811865476, -0.3465735902799726},
                   {0.9999999999999999, -1.1102230246251565e-16},
                   {1.0000000000000002, 2.2204460492503128e-16},
                   {1.4142135623730951, 0.3465735902799727},
                   {3.3, 1.1939224684724346},
                   {1e10, 23.025850929940457},
                   {1.7e308, 709.7268368932282}},
                  1e-15);
  EXPECT_EQ(exact::log(1), 0);
}

TEST(ExactExp, AgreesWithHighPrecisionOverTheWholeRange) {
  expect_relative(exact::exp,
                  {{-700, 9.85967654375977e-305},
                   {-37.5, 5.175555005801869e-17},
                   {-1, 0.36787944117144233},
                   {-1e-10, 0.9999999999},
                   {0.34657359027997264, 1.414213562373095},
                   {0.5, 1.6487212707001282},
                   {1, 2.718281828459045},
                   {10, 22026.465794806718},
                   {88.7, 3.325986980250579e+38},
                   {700, 1.0142320547350045e+304}},
                  1e-15);
  EXPECT_EQ(exact::exp(0), 1);
}

TEST(ExactSineAndCosine, AgreeWithHighPrecisionUpToAHundredThousand) {
  struct Angle {
    double x;
    double sine;
    double cosine;
  };
  for (const Angle& angle : {Angle{-99999.5, -0.5104916150747798, -0.8598827309222711},
                             Angle{-3.141592653589793, -1.2246467991473532e-16, -1.0},
                             Angle{0.001, 0.0009999998333333417, 0.9999995000000417},
                             Angle{0.7853981633974483, 0.7071067811865475, 0.7071067811865476},
                             Angle{1, 0.8414709848078965, 0.5403023058681398},
                             Angle{1.5707963267948966, 1.0, 6.123233995736766e-17},
                             Angle{10, -0.5440211108893698, -0.8390715290764524},
                             Angle{355, -3.014435335948845e-05, -0.999999999545659},
                             Angle{12345.678, -0.7040813137533816, 0.7101193587160628},
                             Angle{1e5, 0.03574879797201651, -0.9993608074382124}}) {
    EXPECT_NEAR(exact::sin(angle.x), angle.sine, 3e-16) << "x = " << angle.x;
    EXPECT_NEAR(exact::cos(angle.x), angle.cosine, 3e-16) << "x = " << angle.x;
  }
}

TEST(NormalQuantile, AgreesWithHighPrecisionInTheCentreAndBothTails) {
  expect_relative(exact::normal_quantile,
                  {{1e-300, -37.0470962993612},
                   {1e-100, -21.273453560965326},
                   {1.1102230246251565e-16, -8.209536151601387},
                   {1e-10, -6.361340902404057},
                   {0.001, -3.0902323061678136},
                   {0.075, -1.439531470938456},
                   {0.0749999, -1.4395321773759007},
                   {0.25, -0.6744897501960817},
                   {0.4, -0.2533471031357997},
                   {0.5000001, 2.506628273311648e-07},
                   {0.9, 1.2815515655446006},
                   {0.9999999, 5.199337582290661},
                   {0.9999999999999999, 8.209536151601387}},
                  2e-15);
  EXPECT_EQ(exact::normal_quantile(0.5), 0);
}

TEST(NormalCdf, AgreesWithHighPrecisionInTheCentreAndBothTails) {
  expect_relative(exact::normal_cdf,
                  {{-8, 6.220960574271784e-16},
                   {-3, 0.0013498980316300946},
                   {-2, 0.02275013194817921},
                   {-1, 0.15865525393145705},
                   {-0.1, 0.460172162722971},
                   {0, 0.5},
                   {0.1, 0.539827837277029},
                   {1, 0.8413447460685429},
                   {2, 0.9772498680518208},
                   {5, 0.9999997133484281},
                   {8, 0.9999999999999993}},
                  1e-13);
  // The slope of ln cdf is -x: the rounding of the quantile's last place weighs x^2 times.
  expect_relative(exact::normal_cdf, {{-20, 2.7536241186062337e-89}, {-37, 5.725571222524577e-300}},
                  1e-12);
}

TEST(NormalCdf, RisesEverywhere) {
  for (double x = -37; x < 37; x += 0.0625) {
    EXPECT_LE(exact::normal_cdf(x), exact::normal_cdf(x + 0.0625)) << "x = " << x;
  }
}

}  // namespace
}  // namespace initbench
