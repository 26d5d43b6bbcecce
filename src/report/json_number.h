/// Numbers in JSON files: unknown ones are null; NaN and infinities, which JSON has no numbers for,
/// are the strings "nan", "inf" and "-inf".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

namespace initbench {

nlohmann::ordered_json json_number(const std::optional<double>& value);
std::optional<double> read_number(const nlohmann::ordered_json& json);

}  // namespace initbench
