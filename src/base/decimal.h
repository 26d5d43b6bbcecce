/// Numbers rounded in decimal.
#pragma once

namespace initbench {

/// `value` to so many significant digits, 1 to 17, the nearest double to them.
double to_digits(double value, int digits);

}  // namespace initbench
