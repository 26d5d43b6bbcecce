#include "experiment/axis_values.h"

#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/decimal.h"
#include "experiment/value_reader.h"
#include "experiment/whole_ranges.h"

namespace initbench {
namespace {

constexpr std::int64_t kMostValues = 1'000'000;
constexpr int kDigits = 12;  // of spaced values: 0.1 and not 0.09999999999999998
constexpr const char* kExpected =
    "expected a list of values, a range of whole numbers such as \"0..4\", {\"logspace\": [first, "
    "last, number]} or linspace, got ";

std::vector<Json> range_values(const std::string& text, const std::string& place,
                               IssueList& issues) {
  if (!is_whole_range(text)) {
    issues.add(place, kExpected + describe(Json(text)));
    return {};
  }
  std::vector<Json> values;
  try {
    for (const Whole number : whole_numbers(text)) {
      values.push_back(number < 0 ? Json(static_cast<std::int64_t>(number))
                                  : Json(static_cast<std::uint64_t>(number)));
    }
  } catch (const RangeError& error) {
    issues.add(place, "'" + text + "': " + error.what());
  }
  return values;
}

/// `number` values from first to last, equal steps or equal ratios apart. The ends are exact.
std::vector<Json> spaced_values(const Json& ends, bool logarithmic, const std::string& place,
                                IssueList& issues) {
  const bool three = ends.is_array() && ends.size() == 3 && ends[0].is_number() &&
                     ends[1].is_number() && ends[2].is_number_integer();
  const std::int64_t count = three ? ends[2].get<std::int64_t>() : 0;
  if (!three) {
    issues.add(place, "expected [first, last, how many], two numbers and a whole one");
    return {};
  }
  if (count < 2 || count > kMostValues) {
    issues.add(place, "takes from 2 to a million values, not " + std::to_string(count));
    return {};
  }
  const double first = ends[0].get<double>();
  const double last = ends[1].get<double>();
  if (logarithmic && !(first > 0 && last > 0)) {
    issues.add(place, "both ends of a logspace must be above 0");
    return {};
  }
  if (!std::isfinite(logarithmic ? last / first : last - first) ||
      (logarithmic && last / first == 0)) {
    issues.add(place, "its ends are so far apart that what lies between them cannot be computed");
    return {};
  }
  std::vector<Json> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    double value = first + share * (last - first);
    if (logarithmic) value = first * std::pow(last / first, share);
    if (i == 0) value = first;
    if (i == count - 1) value = last;
    values.emplace_back(to_digits(value, kDigits));
  }
  return values;
}

}  // namespace

std::vector<Json> axis_values(const Json& values, const std::string& place, IssueList& issues) {
  if (values.is_array() && !values.empty()) return {values.begin(), values.end()};
  if (values.is_string()) return range_values(values.get<std::string>(), place, issues);
  if (values.is_object() && values.size() == 1) {
    for (const char* key : {"logspace", "linspace"}) {
      if (!values.contains(key)) continue;
      const bool logarithmic = key == std::string_view("logspace");
      return spaced_values(values[key], logarithmic, place + "." + key, issues);
    }
  }
  std::string got = values.is_array() ? "an empty list" : describe(values);
  if (values.is_object()) got += "; a single value is a list of one, [{...}]";
  issues.add(place, kExpected + got);
  return {};
}

}  // namespace initbench
