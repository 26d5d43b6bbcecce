#include "report/run_settings.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "experiment/config_json.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;
/// 1.0 as 1: a config may say either.
Json with_plain_numbers(Json value) {
  constexpr double kExactUpTo = 1e15;
  if (value.is_structured()) {
    for (Json& element : value) element = with_plain_numbers(element);
  } else if (value.is_number_float()) {
    const double number = value.get<double>();
    const bool is_whole = std::abs(number) < kExactUpTo && number == std::floor(number);
    if (is_whole) return static_cast<std::int64_t>(number);
  }
  return value;
}

bool names_the_run(std::string_view path) { return path == "seed" || path == "name"; }

void flatten(const Json& node, const std::string& path, Settings& settings) {
  if (node.is_structured() && !node.empty()) {
    for (const auto& [key, value] : node.items()) {
      std::string inner = path;
      if (!inner.empty()) inner += '.';
      inner += key;
      flatten(value, inner, settings);
    }
  } else if (!names_the_run(path)) {
    settings[path] = setting_label(node);
  }
}

bool is_index(std::string_view segment) {
  return !segment.empty() && segment.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The path without "layers.<index>" and "layers.*": what is said of all layers alike.
std::vector<std::string> without_layers(std::string_view path) {
  const std::vector<std::string> segments = path_segments(path);
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool is_layer = segments[i] == "layers" && i + 1 < segments.size() &&
                          (segments[i + 1] == "*" || is_index(segments[i + 1]));
    if (is_layer) {
      ++i;
    } else {
      kept.push_back(segments[i]);
    }
  }
  return kept;
}

bool begins_with(const std::vector<std::string>& path, const std::vector<std::string>& start) {
  return start.size() <= path.size() && std::equal(start.begin(), start.end(), path.begin());
}

/// Whether a path of --set speaks for a leaf of the resolved config.
bool accounts_for(std::string_view setting, std::string_view leaf) {
  const std::vector<std::string> segments = path_segments(setting);
  if (begins_with(path_segments(leaf), segments)) return true;
  if (std::any_of(segments.begin(), segments.end(), is_index)) return false;
  return begins_with(without_layers(leaf), without_layers(setting));
}

const std::string& value_in(const Settings& settings, const std::string& path) {
  static const std::string kMissing(kUnset);
  const auto found = settings.find(path);
  return found == settings.end() ? kMissing : found->second;
}

/// Paths whose values differ among these settings.
VariedSettings differing(const std::vector<const Settings*>& all) {
  VariedSettings varied;
  std::set<std::string> paths;
  for (const Settings* settings : all) {
    for (const auto& [path, value] : *settings) paths.insert(path);
  }
  for (const std::string& path : paths) {
    std::set<std::string> values;
    for (const Settings* settings : all) values.insert(value_in(*settings, path));
    if (values.size() > 1) varied[path] = std::move(values);
  }
  return varied;
}

bool have_one_sweep(const std::vector<RunSettings>& runs) {
  const auto paths_of = [](const RunSettings& run) {
    std::vector<std::string> paths;
    for (const auto& [path, value] : *run.swept) paths.push_back(path);
    return paths;
  };
  const std::vector<std::string> first = paths_of(runs.front());
  return !first.empty() && std::all_of(runs.begin(), runs.end(), [&](const RunSettings& run) {
    return paths_of(run) == first;
  });
}

/// Of one sweep: its paths, and what differs between runs that it sets alike.
VariedSettings varied_in_sweep(const std::vector<RunSettings>& runs) {
  std::vector<const Settings*> swept;
  std::map<Settings, std::vector<const Settings*>> alike;
  for (const RunSettings& run : runs) {
    swept.push_back(run.swept.get());
    alike[*run.swept].push_back(run.config.get());
  }
  VariedSettings varied = differing(swept);
  for (const auto& [point, configs] : alike) {
    for (auto& [path, values] : differing(configs)) varied[path].merge(values);
  }
  return varied;
}

}  // namespace

std::string setting_label(const Json& value) {
  return value.is_string() ? value.get<std::string>() : with_plain_numbers(value).dump();
}

RunSettings settings_of(const StoredRun& run) {
  Settings swept;
  for (const Override& setting : run.summary.swept) {
    if (names_the_run(setting.path)) continue;
    swept[setting.path] = setting_label(Json::parse(setting.value));
  }
  Settings config;
  flatten(run.config, "", config);
  return {.swept = std::make_shared<Settings>(std::move(swept)),
          .config = std::make_shared<Settings>(std::move(config))};
}

RunSettings SharedSettings::settings_of(const StoredRun& run) {
  const RunSettings own = initbench::settings_of(run);
  return {.swept = share(own.swept), .config = share(own.config)};
}

std::shared_ptr<const Settings> SharedSettings::share(
    const std::shared_ptr<const Settings>& settings) {
  return *known_.insert(settings).first;
}

VariedSettings varied_settings(const std::vector<RunSettings>& runs,
                               const std::vector<std::string>& accounted) {
  if (runs.empty()) return {};
  VariedSettings varied;
  if (have_one_sweep(runs)) {
    varied = varied_in_sweep(runs);
  } else {
    std::vector<const Settings*> configs;
    configs.reserve(runs.size());
    for (const RunSettings& run : runs) configs.push_back(run.config.get());
    varied = differing(configs);
  }
  std::erase_if(varied, [&](const auto& entry) {
    return std::any_of(accounted.begin(), accounted.end(), [&](const std::string& setting) {
      return accounts_for(setting, entry.first);
    });
  });
  return varied;
}

std::vector<std::string> setting_paths(const RunSettings& run) {
  std::set<std::string> paths{"name"};
  for (const auto& [path, value] : *run.swept) paths.insert(path);
  for (const auto& [path, value] : *run.config) {
    paths.insert(path);
    std::string general;
    for (const std::string& segment : without_layers(path)) {
      general += (general.empty() ? "" : ".") + segment;
      paths.insert(general);
    }
  }
  return {paths.begin(), paths.end()};
}

}  // namespace initbench
