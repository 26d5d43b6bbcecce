#include "report/checkpoint.h"

#include <array>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "base/errors.h"
#include "base/file_content.h"
#include "base/hash.h"
#include "data/digest.h"
#include "experiment/safetensors.h"
#include "experiment/saved_trial.h"
#include "report/build_info.h"
#include "report/json_number.h"
#include "report/verdict_report.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

// The file's first bytes after the header's length: "checksum" sorts before the other keys.
constexpr std::string_view kOpening = R"({"__metadata__":{"checksum":")";
constexpr std::size_t kChecksumPlace = 8 + kOpening.size();
constexpr std::string_view kNoChecksum = "0000000000000000";

/// Of bytes whose own checksum is still, or again, `kNoChecksum`.
std::string checksum_of(std::string_view bytes) {
  Digest digest;
  digest.add_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return digest.hex();
}

bool is_intact(std::string bytes) {
  if (bytes.size() < kChecksumPlace + kNoChecksum.size()) return false;
  const std::string written = bytes.substr(kChecksumPlace, kNoChecksum.size());
  bytes.replace(kChecksumPlace, kNoChecksum.size(), kNoChecksum);
  return checksum_of(bytes) == written;
}

// Statistics are kept as they lie in memory: only the program that wrote them reads them, and a new
// one needs no line here.
static_assert(std::is_trivially_copyable_v<LayerStatistics>);
using StatisticsBytes = std::array<unsigned char, sizeof(LayerStatistics)>;

Json statistics_json(std::span<const LayerStatistics> layers) {
  Json json = Json::array();
  for (const LayerStatistics& layer : layers) {
    StatisticsBytes bytes{};
    std::memcpy(bytes.data(), &layer, bytes.size());
    json.push_back(bytes);
  }
  return json;
}

std::vector<LayerStatistics> read_statistics(const Json& json) {
  std::vector<LayerStatistics> layers(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto bytes = json.at(i).get<StatisticsBytes>();
    std::memcpy(&layers[i], bytes.data(), bytes.size());
  }
  return layers;
}

Json tables_json(const TableMarks& tables) {
  Json json = Json::object();
  for (const auto& [name, mark] : tables) json[name] = {mark.size, mark.hash};
  return json;
}

TableMarks read_tables(const Json& json) {
  TableMarks tables;
  for (const auto& [name, mark] : json.items()) {
    tables[name] = {.size = mark.at(0).get<std::int64_t>(),
                    .hash = mark.at(1).get<std::uint64_t>()};
  }
  return tables;
}

Json evidence_json(const RunEvidence& evidence) {
  Json losses = Json::array();
  for (const LoggedLoss& logged : evidence.train) {
    losses.push_back({logged.step, json_number(logged.loss), json_number(logged.update_ratio)});
  }
  return {{"at_start", to_json(evidence.at_start)},
          {"width_chance", to_json(evidence.width_chance)},
          {"train", losses},
          {"test_loss", json_number(evidence.test_loss)}};
}

RunEvidence read_evidence(const Json& json) {
  RunEvidence evidence{.at_start = read_findings(json.at("at_start")),
                       .width_chance = read_width_chance(json.at("width_chance")),
                       .at_end = {},
                       .train = {},
                       .test_loss = read_number(json.at("test_loss")),
                       .divergence = {}};
  for (const Json& logged : json.at("train")) {
    evidence.train.push_back({.step = logged.at(0).get<std::int64_t>(),
                              .loss = read_number(logged.at(1)).value(),
                              .update_ratio = read_number(logged.at(2))});
  }
  return evidence;
}

Checkpoint checkpoint_of(SafetensorsContent content, const std::string& path) {
  const auto json = [&](const char* key) { return Json::parse(content.metadata.at(key)); };
  const Json run = json("run");
  Checkpoint checkpoint{.summary = summary_from_json(run),
                        .processor = run.at("processor").get<std::string>(),
                        .first_layers = read_statistics(json("first_layers")),
                        .tables = read_tables(json("tables")),
                        .trial = {}};
  checkpoint.trial = {.so_far = checkpoint.summary.result,
                      .evidence = read_evidence(json("evidence")),
                      .tensors = std::move(content.tensors),
                      .path = path};
  return checkpoint;
}

constexpr std::string_view kRemedy =
    "; delete it, or give --force, to run the config from its start";

}  // namespace

CheckpointInterval parse_checkpoint_interval(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  const auto count = static_cast<double>(number);
  if (error == std::errc() && number >= 0) {
    if (unit.empty()) return {.steps = number, .seconds = 0};
    if (unit == "s") return {.steps = 0, .seconds = count};
    if (unit == "min") return {.steps = 0, .seconds = count * 60};
    if (unit == "h") return {.steps = 0, .seconds = count * 3600};
  }
  throw ConfigError("--checkpoint-every",
                    "'" + std::string(text) +
                        "' is neither a number of steps, as 500, nor a time, as 90s, 10min or 2h");
}

std::string compose_checkpoint(const RunSummary& summary,
                               std::span<const LayerStatistics> first_layers,
                               const TableMarks& tables, const TrialPause& pause) {
  SafetensorsContent content = pause_tensors(pause);
  content.metadata = {{"checksum", std::string(kNoChecksum)},
                      {"evidence", evidence_json(pause.evidence).dump()},
                      {"first_layers", statistics_json(first_layers).dump()},
                      {"program", program_text()},
                      {"run", to_json(summary).dump()},
                      {"run_id", summary.run_id},
                      {"step", std::to_string(pause.so_far.train.steps)},
                      {"tables", tables_json(tables).dump()}};
  std::string bytes = compose_safetensors(content);
  expects(std::string_view(bytes).substr(8).starts_with(kOpening), "the checksum comes first");
  return bytes.replace(kChecksumPlace, kNoChecksum.size(), checksum_of(bytes));
}

Checkpoint parse_checkpoint(std::string_view bytes, const std::string& path,
                            std::string_view run_id) {
  const auto refuse = [&](const std::string& reason) {
    return DataError(path, reason + std::string(kRemedy));
  };
  if (!is_intact(std::string(bytes))) {
    throw refuse("is truncated or damaged: its checksum is not that of its content");
  }
  SafetensorsContent content = parse_safetensors_content(bytes, path);
  const std::string& program = content.metadata["program"];
  if (program != program_text()) {
    throw refuse("was written by " + program + ", and this is " + program_text() +
                 ", whose numbers may differ: go on with that one");
  }
  if (content.metadata["run_id"] != run_id) {
    throw refuse("belongs to the run " + content.metadata["run_id"] + ", not to this one");
  }
  try {
    return checkpoint_of(std::move(content), path);
  } catch (const std::exception&) {
    throw refuse("cannot be understood: another build of this version has written it");
  }
}

std::optional<Checkpoint> read_checkpoint(const std::string& path, std::string_view run_id) {
  const std::optional<std::string> bytes = content_of_file(path);
  if (!bytes) return std::nullopt;
  return parse_checkpoint(*bytes, path, run_id);
}

}  // namespace initbench
