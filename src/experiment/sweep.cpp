#include "experiment/sweep.h"

#include <map>
#include <utility>

#include "experiment/overrides.h"
#include "experiment/sweep_axes.h"
#include "experiment/whole_ranges.h"

namespace initbench {
namespace {

/// What is wrong in which runs.
class SweepIssues {
 public:
  void add(const ConfigError& error, const SweepPoint& point) {
    for (const ConfigIssue& issue : error.issues()) {
      auto [found, is_new] = by_issue_.try_emplace({issue.place, issue.message}, Where{&point, 0});
      if (is_new) order_.push_back({issue.place, issue.message});
      ++found->second.runs;
    }
  }

  void throw_if_any(std::size_t runs) const {
    std::vector<ConfigIssue> issues;
    for (const auto& key : order_) {
      const Where& where = by_issue_.at(key);
      std::string message = key.second;
      if (where.runs < runs) {
        message += " (in " + std::to_string(where.runs) + " of " + std::to_string(runs) +
                   " runs, first with " + text_of(*where.first) + ")";
      }
      issues.push_back({key.first, message});
    }
    if (!issues.empty()) throw ConfigError(std::move(issues));
  }

 private:
  struct Where {
    const SweepPoint* first;
    std::size_t runs;
  };
  using Key = std::pair<std::string, std::string>;
  std::map<Key, Where> by_issue_;
  std::vector<Key> order_;
};

/// Two runs that are the same experiment would count twice in every table.
void check_all_differ(const std::vector<PlannedRun>& runs) {
  constexpr std::size_t kMostNamed = 5;
  std::map<std::string_view, const PlannedRun*> known;
  std::vector<ConfigIssue> issues;
  for (const PlannedRun& run : runs) {
    const auto [first, is_new] = known.try_emplace(run.run_id, &run);
    if (is_new || issues.size() == kMostNamed) continue;
    issues.push_back({"sweep", "(" + text_of(first->second->swept) + ") and (" +
                                   text_of(run.swept) + ") are the same run, " + run.run_id +
                                   "; drop one of them, or exclude it"});
  }
  if (!issues.empty()) throw ConfigError(std::move(issues));
}

/// The config's `sweep` after --set, or null.
Json sweep_of(std::string_view text, std::span<const Override> overrides) {
  JsonText parsed = parse_json(text);
  if (!parsed.root.is_object()) return nullptr;
  std::vector<Override> inside;
  for (const Override& change : overrides) {
    if (change.path == "sweep") inside.push_back(change);
  }
  IssueList ignored;  // told when the config is read
  apply_overrides(parsed.root, inside, ignored);
  return parsed.root.contains("sweep") ? parsed.root["sweep"] : Json(nullptr);
}

/// Splits at commas that are in no quotes, brackets or braces.
std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> parts{""};
  int depth = 0;
  bool quoted = false;
  bool escaped = false;  // by a backslash, inside quotes
  for (const char c : text) {
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
    if (!quoted && (c == '[' || c == '{')) ++depth;
    if (!quoted && (c == ']' || c == '}')) --depth;
    if (c == ',' && depth == 0 && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

Override parse_sweep(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw ConfigError("--sweep", "expected PATH=a,b,c, such as train.lr=0.01,0.1, got '" +
                                     std::string(text) + "'");
  }
  const std::string_view values = text.substr(equals + 1);
  Override axis{.path = std::string(text.substr(0, equals)), .value = {}, .origin = "--sweep"};
  const JsonText whole = parse_json(values);
  const bool is_json = whole.issues.empty() && (whole.root.is_array() || whole.root.is_object());
  if (is_json) {
    axis.value = values;
  } else if (is_whole_range(values)) {
    axis.value = Json(std::string(values)).dump();
  } else {
    Json list = Json::array();
    for (const std::string& part : split_values(values)) list.push_back(json_or_text(part));
    axis.value = list.dump();
  }
  return axis;
}

std::string text_of(const SweepPoint& point) {
  std::string text;
  for (const Override& setting : point) {
    text += (text.empty() ? "" : ", ") + setting.path + "=" + setting.value;
  }
  return text.empty() ? "nothing set" : text;
}

ExperimentConfig ConfigSource::read(const SweepPoint& swept) const {
  std::vector<Override> all = overrides;
  all.insert(all.end(), swept.begin(), swept.end());
  return read_config(text, file, all);
}

SweepPlan plan_sweep(std::string_view text, std::string_view file, const ConfigChanges& changes) {
  IssueList issues;
  for (const Override& change : changes.overrides) {
    if (!change.path.starts_with("sweep.")) continue;
    issues.add("--set " + change.path, "a part of a sweep is set by --sweep PATH=a,b,c");
  }
  std::vector<SweepPoint> points = expand_axes(sweep_of(text, changes.overrides), changes, issues);
  if (issues.size() > 0) {
    read_config(text, file, changes.overrides);  // what else is wrong comes first
    issues.throw_if_any();
  }
  SweepPlan plan{.source = {.text = std::string(text),
                            .file = std::string(file),
                            .overrides = changes.overrides},
                 .runs = {}};
  plan.runs.reserve(points.size());
  SweepIssues found;
  for (SweepPoint& point : points) {
    try {
      plan.runs.push_back(planned_run(plan.source.read(point), point));
    } catch (const ConfigError& error) {
      found.add(error, point);
    }
  }
  found.throw_if_any(points.size());
  check_all_differ(plan.runs);
  return plan;
}

SweepPlan plan_sweep_file(const std::filesystem::path& path, const ConfigChanges& changes) {
  return plan_sweep(read_config_text(path), path.string(), changes);
}

PlannedRun planned_run(const ExperimentConfig& config, const SweepPoint& swept) {
  Json resolved = to_json(config);
  PlannedRun run{.name = config.name,
                 .run_id = run_id_of(resolved),
                 .seed = config.seed,
                 .swept = swept,
                 .kind = {}};
  resolved.erase("seed");
  run.kind = run_id_of(resolved);
  return run;
}

Json sweep_schema() {
  const auto spaced = [](const char* name) {
    const Json three = Json::object({{"type", "array"}, {"minItems", 3}, {"maxItems", 3}});
    return Json::object({{"type", "object"},
                         {"properties", Json::object({{name, three}})},
                         {"required", Json::array({name})},
                         {"additionalProperties", false}});
  };
  const Json values = Json::object(
      {{"anyOf", Json::array({Json::object({{"type", "array"}, {"minItems", 1}}),
                              Json::object({{"type", "string"},
                                            {"pattern", "^[-,. 0-9]*[0-9] *\\.\\.[-,. 0-9]*$"}}),
                              spaced("logspace"), spaced("linspace")})}});
  const Json axes = Json::object({{"type", "object"}, {"additionalProperties", values}});
  const Json settings =
      Json::object({{"type", "array"}, {"items", Json::object({{"type", "object"}})}});
  const Json zips = Json::object(
      {{"anyOf", Json::array({axes, Json::object({{"type", "array"}, {"items", axes}})})}});
  return Json::object(
      {{"type", "object"},
       {"properties",
        Json::object({{"grid", axes}, {"zip", zips}, {"list", settings}, {"exclude", settings}})},
       {"additionalProperties", false},
       {"description",
        "Settings that differ from run to run, by the paths of --set: the product "
        "of grid's paths, zip's groups and the list, without what exclude names."}});
}

}  // namespace initbench
