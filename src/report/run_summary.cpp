#include "report/run_summary.h"

#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file_content.h"
#include "report/build_info.h"
#include "report/init_report.h"
#include "report/json_number.h"
#include "report/verdict_report.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<RunStatus, std::string_view>, 3> kStatusNames{
    {{RunStatus::finished, "finished"},
     {RunStatus::diverged, "diverged"},
     {RunStatus::interrupted, "interrupted"}}};

Json figure(const std::optional<Measurement>& measured) {
  if (!measured) return nullptr;
  return {{"step", measured->step},
          {"loss", json_number(measured->loss)},
          {"accuracy", json_number(measured->accuracy)}};
}

std::optional<Measurement> read_figure(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  return Measurement{
      .step = json.at("step").get<std::int64_t>(),
      .loss = read_number(json.at("loss")).value_or(std::numeric_limits<double>::quiet_NaN()),
      .accuracy = read_number(json.at("accuracy"))};
}

Json figure(const std::optional<LateTraining>& late) {
  if (!late) return nullptr;
  return {{"loss", json_number(late->mean)}, {"batches", late->batches}};
}

std::optional<LateTraining> read_late(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  return LateTraining{.mean = read_number(json.at("loss")).value(),
                      .batches = json.at("batches").get<std::int64_t>()};
}

Json divergence(const std::optional<Divergence>& place) {
  if (!place) return nullptr;
  return {{"step", place->step}, {"layer", place->layer}, {"tensor", place->tensor}};
}

std::optional<Divergence> read_divergence(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  return Divergence{.step = json.at("step").get<std::int64_t>(),
                    .layer = json.at("layer").get<std::string>(),
                    .tensor = json.at("tensor").get<std::string>()};
}

RunStatus status_of(const TrialResult& result) {
  if (result.diverged()) return RunStatus::diverged;
  return result.train.interrupted ? RunStatus::interrupted : RunStatus::finished;
}

RunStatus read_status(const std::string& name) {
  for (const auto& [status, status_name] : kStatusNames) {
    if (name == status_name) return status;
  }
  throw std::invalid_argument("no status of a run: " + name);
}

}  // namespace

std::string_view to_string(RunStatus status) {
  return kStatusNames.at(static_cast<std::size_t>(status)).second;
}

Json swept_json(const SweepPoint& swept) {
  Json settings = Json::object();
  for (const Override& setting : swept) settings[setting.path] = Json::parse(setting.value);
  return settings;
}

SweepPoint read_swept(const Json& json) {
  SweepPoint swept;
  for (const auto& [path, value] : json.items()) {
    swept.push_back({.path = path, .value = value.dump(), .origin = "sweep"});
  }
  return swept;
}

RunSummary summarize(const Trial& trial, const DataSplits& data, const TrialResult& result) {
  return {.run_id = trial.run_id,
          .name = trial.config.name,
          .seed = trial.config.seed,
          .swept = trial.swept,
          .status = status_of(result),
          .result = result,
          .dataset = data.description,
          .dataset_digest = data.digest,
          .classes = data.train.classes,
          .theory = std::nullopt,
          .threads = 1,
          .total_seconds = 0};
}

std::optional<double> loss_of_guessing(const RunSummary& summary) {
  if (summary.classes == 0) return std::nullopt;
  return std::log(static_cast<double>(summary.classes));
}

Json to_json(const RunSummary& summary) {
  const TrialResult& result = summary.result;
  const BuildInfo& build = build_info();
  const Json verdict = to_json(result.verdict);
  return {{"run_id", summary.run_id},
          {"name", summary.name},
          {"seed", summary.seed},
          {"swept", swept_json(summary.swept)},
          {"status", to_string(summary.status)},
          {"divergence", divergence(result.train.divergence)},
          {"verdict", verdict.at("verdict")},
          {"findings", verdict.at("findings")},
          {"overcome", verdict.at("overcome")},
          {"width_chance", verdict.at("width_chance")},
          {"advice", verdict.at("advice")},
          {"steps", result.train.steps},
          {"planned_steps", result.planned_steps},
          {"parameters", result.parameters},
          {"initial",
           {{"train", figure(result.initial_train)},
            {"test", figure(result.initial_test)},
            {"loss_of_guessing", json_number(loss_of_guessing(summary))},
            {"loss_of_frequencies", json_number(result.guessing_loss)}}},
          {"final",
           {{"train", figure(result.final_train)},
            {"test", figure(result.final_test)},
            {"late_train", figure(result.late_train)}}},
          {"best", {{"test", figure(result.best_test)}}},
          {"train_seconds", result.train.train_seconds},
          {"initialization", to_json(result.init)},
          {"theory", summary.theory ? to_json(*summary.theory) : Json(nullptr)},
          {"initialize_seconds", result.initialize_seconds},
          {"total_seconds", summary.total_seconds},
          {"dataset",
           {{"description", summary.dataset},
            {"digest", summary.dataset_digest},
            {"classes", summary.classes}}},
          {"threads", summary.threads},
          {"processor", processor_model()},
          {"versions",
           {{"initbench", build.version}, {"compiler", build.compiler}, {"flags", build.flags}}}};
}

RunSummary summary_from_json(const Json& run) {
  RunSummary summary{.run_id = run.at("run_id").get<std::string>(),
                     .name = run.at("name").get<std::string>(),
                     .seed = run.at("seed").get<std::uint64_t>(),
                     .swept = run.contains("swept") ? read_swept(run.at("swept")) : SweepPoint{},
                     .status = read_status(run.at("status").get<std::string>()),
                     .result = {},
                     .dataset = run.at("dataset").at("description").get<std::string>(),
                     .dataset_digest = run.at("dataset").at("digest").get<std::string>(),
                     .classes = run.at("dataset").at("classes").get<Index>(),
                     .theory = std::nullopt,
                     .threads = run.at("threads").get<int>(),
                     .total_seconds = run.at("total_seconds").get<double>()};
  TrialResult& result = summary.result;
  result.train = {.steps = run.at("steps").get<std::int64_t>(),
                  .interrupted = summary.status == RunStatus::interrupted,
                  .divergence = read_divergence(run.at("divergence")),
                  .train_seconds = run.at("train_seconds").get<double>()};
  result.planned_steps = run.at("planned_steps").get<std::int64_t>();
  result.parameters = run.at("parameters").get<Index>();
  result.initial_train = read_figure(run.at("initial").at("train"));
  result.initial_test = read_figure(run.at("initial").at("test"));
  result.final_train = read_figure(run.at("final").at("train"));
  result.final_test = read_figure(run.at("final").at("test"));
  result.late_train = read_late(run.at("final").value("late_train", Json()));
  result.best_test = read_figure(run.at("best").at("test"));
  if (run.contains("verdict")) {
    result.verdict = read_verdict(run);
    result.guessing_loss =
        read_number(run.at("initial").at("loss_of_frequencies")).value_or(result.guessing_loss);
  }
  if (run.contains("theory") && !run.at("theory").is_null()) {
    summary.theory = read_theory_figures(run.at("theory"));
  }
  if (run.contains("initialization")) result.init = read_init_report(run.at("initialization"));
  result.initialize_seconds = run.at("initialize_seconds").get<double>();
  return summary;
}

std::optional<RunSummary> summary_if_any(const Json& run) {
  try {
    return summary_from_json(run);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Json read_run_json(const std::string& run_directory) {
  const std::filesystem::path path = std::filesystem::path(run_directory) / kRunFile;
  const std::optional<std::string> bytes = content_of_file(path.string());
  Json run = bytes ? Json::parse(*bytes, nullptr, false) : Json();
  return run.is_discarded() ? Json() : run;
}

std::optional<RunSummary> read_summary(const std::string& run_directory) {
  return summary_if_any(read_run_json(run_directory));
}

}  // namespace initbench
