#include "report/compare_names.h"

#include <string_view>
#include <utility>

#include "base/errors.h"
#include "base/suggest.h"
#include "experiment/scheme_text.h"
#include "report/run_settings.h"

namespace initbench {
namespace {

/// "no such setting in runs/...; did you mean 'model.init'?"
std::string refusal_of(const std::string& path, const StoredRun& run) {
  const std::vector<std::string> known = setting_paths(settings_of(run));
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::string message = "no such setting in " + run.directory + did_you_mean(path, names);
  if (message.back() == '?') return message;
  std::string swept;
  for (const Override& setting : run.summary.swept) {
    swept += (swept.empty() ? "" : ", ") + setting.path;
  }
  if (!swept.empty()) message += "; its sweep sets " + swept;
  return message + "; all that there is is in its config.json, as paths of --set";
}

}  // namespace

nlohmann::ordered_json SettingLookup::value(const std::string& flag, const std::string& path,
                                            const StoredRun& run) {
  if (path == "seed" && flag != "--where") {
    throw ConfigError(flag, "runs are paired by their seeds, which cannot be compared themselves");
  }
  Asked& asked = asked_[flag + " " + path];
  if (const auto value = setting_of(run, path)) {
    asked.is_known = true;
    return *value;
  }
  if (asked.refusal.empty()) asked.refusal = refusal_of(path, run);
  return std::string(kUnset);
}

void SettingLookup::refuse_unknown() const {
  for (const auto& [place, asked] : asked_) {
    if (!asked.is_known) throw ConfigError(place, asked.refusal);
  }
}

std::string label_of(const nlohmann::ordered_json& value) {
  if (value.is_array()) {
    std::string text;
    for (std::size_t i = 0; i < value.size();) {
      std::size_t next = i + 1;
      while (next < value.size() && value[next] == value[i]) ++next;
      text.append(text.empty() ? "" : " + ").append(label_of(value[i]));
      if (next - i > 1) text.append(" x ").append(std::to_string(next - i));
      i = next;
    }
    return text;
  }
  return setting_label(without_defaults(value));
}

std::vector<std::string> SettingNames::note(const std::string& flag,
                                            const std::vector<std::string>& paths,
                                            const StoredRun& run, SettingLookup& lookup) {
  const auto shorter = [](const std::string& text) { return std::pair(text.size(), text); };
  std::vector<std::string> resolved_texts;
  for (const std::string& path : paths) {
    const std::string written = label_of(lookup.value(flag, path, run));
    const auto value = resolved_setting_of(run, path);
    resolved_texts.push_back(value ? label_of(*value) : written);
    const std::string& text = resolved_texts.back();
    Values& values = values_[path];
    values.resolved[written] = text;
    values.of_experiment[run.summary.name].insert(text);
    const auto [name, is_new] = values.names.try_emplace(text, written);
    if (!is_new && shorter(written) < shorter(name->second)) name->second = written;
  }
  return resolved_texts;
}

std::string SettingNames::names(const std::vector<std::string>& paths,
                                const std::vector<std::string>& resolved_texts) const {
  std::string text;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    text += (i == 0 ? "" : ", ") + values_.at(paths[i]).names.at(resolved_texts[i]);
  }
  return text;
}

std::optional<std::string> SettingNames::names(const std::vector<std::string>& paths,
                                               const PlannedRun& run) const {
  std::string text;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Values& values = values_.at(paths[i]);
    std::string name;
    if (const auto setting = swept_setting(run.swept, paths[i])) {
      const std::string written = label_of(*setting);
      const auto resolved = values.resolved.find(written);
      name = resolved == values.resolved.end() ? written : values.names.at(resolved->second);
    } else if (paths[i] == "name") {
      name = run.name;
    } else {
      const auto known = values.of_experiment.find(run.name);
      if (known == values.of_experiment.end() || known->second.size() != 1) return std::nullopt;
      name = values.names.at(*known->second.begin());
    }
    text += (i == 0 ? "" : ", ") + name;
  }
  return text;
}

RunNaming::RunNaming(const CompareRequest& request) : request_(request) {
  if (!request.rate.empty()) rate_ = {request.rate};
}

void RunNaming::note(const StoredRun& run, SettingLookup& lookup) {
  texts_.push_back({.scheme = names_.note("--by", request_.by, run, lookup),
                    .rate = names_.note("--rate", rate_, run, lookup),
                    .pooled = names_.note("--pool", request_.pool, run, lookup)});
}

void RunNaming::apply(std::vector<RunRecord>& runs) const {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].scheme = names_.names(request_.by, texts_[i].scheme);
    runs[i].rate = names_.names(rate_, texts_[i].rate);
    runs[i].pooled = names_.names(request_.pool, texts_[i].pooled);
  }
}

}  // namespace initbench
