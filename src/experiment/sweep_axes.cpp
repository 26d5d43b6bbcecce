#include "experiment/sweep_axes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "base/suggest.h"
#include "experiment/axis_values.h"
#include "experiment/value_reader.h"
#include "experiment/whole_ranges.h"

namespace initbench {
namespace {

Override setting(const std::string& path, const Json& value) {
  return {.path = path, .value = value.dump(), .origin = "sweep"};
}

/// Reads the parts of a sweep into axes.
class AxisReader {
 public:
  AxisReader(const ConfigChanges& changes, IssueList& issues)
      : changes_(changes), issues_(issues) {}

  std::vector<Axis> read(const Json& sweep) {
    if (!sweep.is_null() && !sweep.is_object()) {
      issues_.add("sweep",
                  "expected an object with grid, zip, list or exclude, got " + describe(sweep));
      return {};
    }
    if (sweep.is_object()) {
      static constexpr std::array<std::string_view, 4> kKnown{"grid", "zip", "list", "exclude"};
      const std::string place = "sweep";
      report_unknown_keys({sweep, place}, kKnown, issues_);
      if (sweep.contains("grid")) read_grid(sweep["grid"]);
      if (sweep.contains("zip")) read_zips(sweep["zip"]);
      if (sweep.contains("list")) read_list(sweep["list"]);
    }
    for (const Override& added : changes_.sweeps) {
      if (in_grid_.erase(added.path) > 0) continue;  // has taken the place of the grid's axis
      add_axis(added.path, parse_json(added.value).root, "--sweep " + added.path);
    }
    if (!changes_.seeds.empty()) add_seeds();
    return std::move(axes_);
  }

 private:
  /// The values of the command line, where it has some for the path; else the file's.
  void read_grid(const Json& grid) {
    if (!grid.is_object()) return refuse("sweep.grid", grid);
    if (grid.empty()) return refuse_empty("sweep.grid");
    for (const auto& item : grid.items()) {
      const std::string& path = item.key();
      const Json& values = item.value();
      if (path == "seed" && !changes_.seeds.empty()) continue;
      const auto given = std::find_if(changes_.sweeps.begin(), changes_.sweeps.end(),
                                      [&](const Override& one) { return one.path == path; });
      if (given == changes_.sweeps.end()) {
        add_axis(path, values, "sweep.grid." + path);
      } else {
        add_axis(path, parse_json(given->value).root, "--sweep " + path);
        in_grid_.insert(path);
      }
    }
  }

  void add_axis(const std::string& path, const Json& values, const std::string& place) {
    Axis axis;
    for (const Json& value : axis_values(values, place, issues_)) {
      axis.points.push_back({setting(path, value)});
    }
    take_path(path, place);
    if (!axis.points.empty()) axes_.push_back(std::move(axis));
  }

  void add_seeds() {
    Axis axis;
    for (const std::uint64_t seed : changes_.seeds) axis.points.push_back({setting("seed", seed)});
    take_path("seed", changes_.seeds.size() == 1 ? "--seed, --seeds" : "--seeds");
    axes_.push_back(std::move(axis));
  }

  void read_zips(const Json& zip) {
    if (zip.is_object()) return read_zip(zip, "sweep.zip");
    if (!zip.is_array()) return refuse("sweep.zip", zip);
    if (zip.empty()) return refuse_empty("sweep.zip");
    for (std::size_t i = 0; i < zip.size(); ++i) {
      const std::string place = "sweep.zip." + std::to_string(i);
      if (zip[i].is_object()) {
        read_zip(zip[i], place);
      } else {
        refuse(place, zip[i]);
      }
    }
  }

  void read_zip(const Json& group, const std::string& place) {
    if (group.empty()) return refuse_empty(place);
    Axis axis;
    std::string first;
    for (const auto& [path, values] : group.items()) {
      std::string inside = place;
      inside.append(".").append(path);
      const std::vector<Json> read = axis_values(values, inside, issues_);
      take_path(path, place);
      if (axis.points.empty()) {
        axis.points.resize(read.size());
        first = path;
      }
      if (read.size() != axis.points.size()) {
        refuse_lengths(place, {first, axis.points.size()}, {path, read.size()});
        return;
      }
      for (std::size_t i = 0; i < read.size(); ++i)
        axis.points[i].push_back(setting(path, read[i]));
    }
    if (!axis.points.empty()) axes_.push_back(std::move(axis));
  }

  using PathLength = std::pair<std::string, std::size_t>;
  void refuse_lengths(const std::string& place, const PathLength& a, const PathLength& b) {
    issues_.add(place, "'" + a.first + "' has " + std::to_string(a.second) + " values and '" +
                           b.first + "' has " + std::to_string(b.second) +
                           "; a zip takes them side by side and needs as many of each");
  }

  void read_list(const Json& list) {
    if (!list.is_array()) {
      issues_.add("sweep.list", "expected a list of objects of settings, got " + describe(list));
      return;
    }
    if (list.empty()) {
      issues_.add("sweep.list", "is empty; give at least one object of settings");
      return;
    }
    Axis axis;
    std::set<std::string> paths;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string place = "sweep.list." + std::to_string(i);
      if (!list[i].is_object()) return refuse(place, list[i]);
      SweepPoint point;
      for (const auto& [path, value] : list[i].items()) {
        paths.insert(path);
        point.push_back(setting(path, value));
      }
      axis.points.push_back(std::move(point));
    }
    for (const std::string& path : paths) take_path(path, "sweep.list");
    if (!axis.points.empty()) axes_.push_back(std::move(axis));
  }

  void take_path(const std::string& path, const std::string& place) {
    const bool set = std::any_of(changes_.overrides.begin(), changes_.overrides.end(),
                                 [&](const Override& one) { return one.path == path; });
    if (set) issues_.add(place, "'" + path + "' is swept and set by --set; drop one of the two");
    if (path == "sweep" || path.starts_with("sweep.")) {
      issues_.add(place, "'" + path + "' is the sweep itself, which has no values to sweep");
    }
    if (!paths_.insert(path).second) {
      issues_.add(place, "'" + path + "' is swept elsewhere, too; drop one of the two");
    }
  }

  void refuse_empty(const std::string& place) {
    issues_.add(place, "is empty; give it something to sweep, or leave it out");
  }

  void refuse(const std::string& place, const Json& value) {
    issues_.add(place, "expected paths with their values, got " + describe(value));
  }

  const ConfigChanges& changes_;
  IssueList& issues_;
  std::vector<Axis> axes_;
  std::set<std::string> paths_;
  std::set<std::string> in_grid_;  // of the grid, with the command line's values
};

/// "2 x 5 x 1000".
std::string sizes_of(const std::vector<Axis>& axes) {
  std::string text;
  for (const Axis& axis : axes) {
    text += (text.empty() ? "" : " x ") + std::to_string(axis.points.size());
  }
  return text;
}

/// Whether the product has no more runs than it may.
bool check_size(const std::vector<Axis>& axes, std::size_t most_runs, IssueList& issues) {
  std::uint64_t runs = 1;
  for (const Axis& axis : axes) {
    if (__builtin_mul_overflow(runs, axis.points.size(), &runs)) {
      runs = std::numeric_limits<std::uint64_t>::max();
    }
  }
  if (runs <= most_runs) return true;
  issues.add("sweep", "has " + std::to_string(runs) + " runs (" + sizes_of(axes) + "), more than " +
                          std::to_string(most_runs) +
                          "; sweep less at once, or raise the limit with --max-runs " +
                          std::to_string(runs));
  return false;
}

std::vector<SweepPoint> product_of(const std::vector<Axis>& axes) {
  std::vector<SweepPoint> points{{}};
  for (const Axis& axis : axes) {
    std::vector<SweepPoint> longer;
    longer.reserve(points.size() * axis.points.size());
    for (const SweepPoint& point : points) {
      for (const SweepPoint& more : axis.points) {
        longer.push_back(point);
        longer.back().insert(longer.back().end(), more.begin(), more.end());
      }
    }
    points = std::move(longer);
  }
  return points;
}

const Override* find_setting(const SweepPoint& point, const std::string& path) {
  const auto found = std::find_if(point.begin(), point.end(),
                                  [&](const Override& one) { return one.path == path; });
  return found == point.end() ? nullptr : &*found;
}

/// Whether the point holds every setting of `exclude`; a list there means any of its values.
bool is_excluded(const SweepPoint& point, const Json& exclude) {
  for (const auto& [path, value] : exclude.items()) {
    const Override* found = find_setting(point, path);
    if (found == nullptr) return false;
    const Json held = parse_json(found->value).root;
    const bool any = value.is_array() && std::find(value.begin(), value.end(), held) != value.end();
    if (!any && held != value) return false;
  }
  return true;
}

/// The settings with the numbers of a range ("1..3") beside the range: it may be a text, too.
Json with_ranges(const Json& exclude) {
  Json settings = exclude;
  for (auto& [path, value] : settings.items()) {
    if (!value.is_string() || !is_whole_range(value.get<std::string>())) continue;
    IssueList no_range;  // then it is a text alone
    std::vector<Json> any = axis_values(value, path, no_range);
    any.push_back(value);
    value = Json(std::move(any));
  }
  return settings;
}

std::set<std::string> paths_of(const std::vector<SweepPoint>& points) {
  std::set<std::string> paths;
  for (const SweepPoint& point : points) {
    for (const Override& setting : point) paths.insert(setting.path);
  }
  return paths;
}

/// Names the paths that no run sets; whether there are none.
bool all_are_swept(const Json& exclude, const std::set<std::string>& paths,
                   const std::string& place, IssueList& issues) {
  const std::vector<std::string_view> known(paths.begin(), paths.end());
  bool all = true;
  for (const auto& item : exclude.items()) {
    if (paths.contains(item.key())) continue;
    std::string message = "'" + item.key() + "' is not swept" + did_you_mean(item.key(), known);
    if (message.back() != '?') message += known.empty() ? "" : "; swept are " + listed(known);
    issues.add(place, message);
    all = false;
  }
  return all;
}

void drop_excluded(std::vector<SweepPoint>& points, const Json& excludes, IssueList& issues) {
  if (!excludes.is_array()) {
    issues.add("sweep.exclude", "expected a list of settings, got " + describe(excludes));
    return;
  }
  const std::set<std::string> paths = paths_of(points);
  for (std::size_t i = 0; i < excludes.size(); ++i) {
    const std::string place = "sweep.exclude." + std::to_string(i);
    if (!excludes[i].is_object() || excludes[i].empty()) {
      const bool is_empty = excludes[i].is_object();
      issues.add(place, "expected an object of settings with their values, got " +
                            (is_empty ? "an empty one" : describe(excludes[i])));
      continue;
    }
    const Json exclude = with_ranges(excludes[i]);
    if (!all_are_swept(exclude, paths, place, issues)) continue;
    const auto removed =
        std::erase_if(points, [&](const SweepPoint& point) { return is_excluded(point, exclude); });
    if (removed == 0) issues.add(place, "excludes nothing; check its paths and values");
  }
  if (points.empty()) issues.add("sweep.exclude", "excludes every run");
}

}  // namespace

std::vector<SweepPoint> expand_axes(const Json& sweep, const ConfigChanges& changes,
                                    IssueList& issues) {
  const std::size_t before = issues.size();
  const std::vector<Axis> axes = AxisReader(changes, issues).read(sweep);
  if (issues.size() > before) return {};
  if (!check_size(axes, changes.most_runs, issues)) return {};
  std::vector<SweepPoint> points = product_of(axes);
  if (issues.size() == before && sweep.is_object() && sweep.contains("exclude")) {
    drop_excluded(points, sweep["exclude"], issues);
  }
  return points;
}

}  // namespace initbench
