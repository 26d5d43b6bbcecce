#include "report/init_report.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "report/json_number.h"
#include "report/text_table.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

double read_finite_or_nan(const Json& json) {
  return read_number(json).value_or(std::numeric_limits<double>::quiet_NaN());
}

/// What the layers of one scheme reached together.
struct Calibrated {
  std::size_t layers = 0;
  int most_iterations = 0;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -std::numeric_limits<double>::infinity();
};

std::map<std::string, Calibrated> calibrated_schemes(std::span<const LayerCalibration> layers) {
  std::map<std::string, Calibrated> schemes;
  for (const LayerCalibration& layer : layers) {
    Calibrated& seen = schemes[layer.scheme];
    ++seen.layers;
    seen.most_iterations = std::max(seen.most_iterations, layer.iterations);
    seen.lowest = std::min(seen.lowest, layer.variance);
    seen.highest = std::max(seen.highest, layer.variance);
  }
  return schemes;
}

}  // namespace

Json to_json(const InitReport& report) {
  Json layers = Json::array();
  for (const LayerCalibration& layer : report.layers) {
    layers.push_back({{"layer", layer.layer},
                      {"scheme", layer.scheme},
                      {"iterations", layer.iterations},
                      {"pre_mean", json_number(layer.mean)},
                      {"pre_var", json_number(layer.variance)}});
  }
  Json networks = Json::array();
  for (const NetworkCalibration& network : report.networks) {
    networks.push_back({{"scheme", network.scheme},
                        {"layers", network.layers},
                        {"objective", network.objective},
                        {"before", json_number(network.before)},
                        {"after", json_number(network.after)},
                        {"iterations", network.iterations},
                        {"gradient_evaluations", network.gradient_evaluations}});
  }
  return {{"layers", layers}, {"optimizations", networks}, {"notes", report.notes}};
}

std::string init_text(const InitReport& report) {
  std::string text;
  const auto add = [&](const std::string& line) { text.append("init      ").append(line) += '\n'; };
  for (const auto& [scheme, seen] : calibrated_schemes(report.layers)) {
    add(scheme + " adjusted " + std::to_string(seen.layers) +
        (seen.layers == 1 ? " layer" : " layers") + " in up to " +
        std::to_string(seen.most_iterations) + " iterations: variance of z " +
        short_number(seen.lowest) + " to " + short_number(seen.highest));
  }
  for (const NetworkCalibration& network : report.networks) {
    add(network.scheme + ": " + network.objective + " " + short_number(network.before) + " -> " +
        short_number(network.after) + " in " + std::to_string(network.iterations) +
        " iterations, " + std::to_string(network.gradient_evaluations) + " gradients");
  }
  for (const std::string& note : report.notes) add(note);
  return text;
}

InitReport read_init_report(const Json& json) {
  InitReport report;
  for (const Json& layer : json.at("layers")) {
    report.layers.push_back({.layer = layer.at("layer").get<std::string>(),
                             .scheme = layer.at("scheme").get<std::string>(),
                             .iterations = layer.at("iterations").get<int>(),
                             .mean = read_finite_or_nan(layer.at("pre_mean")),
                             .variance = read_finite_or_nan(layer.at("pre_var"))});
  }
  for (const Json& network : json.at("optimizations")) {
    report.networks.push_back(
        {.scheme = network.at("scheme").get<std::string>(),
         .layers = network.at("layers").get<std::vector<std::string>>(),
         .objective = network.at("objective").get<std::string>(),
         .before = read_finite_or_nan(network.at("before")),
         .after = read_finite_or_nan(network.at("after")),
         .iterations = network.at("iterations").get<int>(),
         .gradient_evaluations = network.at("gradient_evaluations").get<std::int64_t>()});
  }
  report.notes = json.at("notes").get<std::vector<std::string>>();
  return report;
}

}  // namespace initbench
