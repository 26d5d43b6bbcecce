#include "report/json_number.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "report/csv.h"

namespace initbench {

using Json = nlohmann::ordered_json;

Json json_number(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (!std::isfinite(*value)) return cell(*value);
  return *value;
}

std::optional<double> read_number(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (!json.is_string()) return std::nullopt;
  double value = std::numeric_limits<double>::quiet_NaN();
  const std::string& text = json.get_ref<const std::string&>();
  std::from_chars(text.data(), text.data() + text.size(), value);  // nan, inf and -inf
  return value;
}

}  // namespace initbench
