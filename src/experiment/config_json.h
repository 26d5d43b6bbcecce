/// A user's JSON to and from `ExperimentConfig`, and its JSON Schema.
///
/// Reader, writer and schema walk the same lists of fields (experiment/fields.h). Comments are
/// allowed; duplicate and unknown keys are errors. This is where strings end: nothing past it
/// compares names of optimizers, schemes or layers' types.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "experiment/config.h"

namespace initbench {

/// `--set PATH=VALUE`: replaces or adds one value before the config is read.
///
/// A path is keys joined by dots: `train.lr`, `data.noise`, `model.init.gain`. Below `model.layers`
/// a layer is chosen by
///  - its index in the file's list, before `repeat` is expanded: `model.layers.2.units`, and
///    `model.layers.3.layers.0.units` inside a residual layer;
///  - its name, after `repeat` is expanded: `model.layers.dense3.init`,
///    `model.layers.residual1.dense1.init`;
///  - `*`: every layer, at any depth, whose type has that key: `model.layers.*.activation`.
/// Paths with an index or `*` are applied first, those with a layer's name afterwards (the more
/// precise one wins); among equals the last wins. Setting `train.steps` drops `train.epochs` and
/// the other way round.
struct Override {
  std::string path;
  std::string value;             // JSON if it parses as JSON, else taken as a string
  std::string origin = "--set";  // for messages
  bool operator==(const Override&) const = default;
};

/// The keys, indices and names that a path of `Override` joins by dots; one empty one of "".
std::vector<std::string> path_segments(std::string_view path);

/// The override of "PATH=VALUE"; throws ConfigError when there is no '=' or no path.
Override parse_override(std::string_view text);

/// Reads a config; its `sweep` is left to experiment/sweep.h. `file` names it in messages, and its
/// stem is the experiment's default name. Throws ConfigError with every issue: its place
/// ("model.layers.2.kernel"; the layer's name is in the message), what is wrong and the remedy.
ExperimentConfig read_config(std::string_view text, std::string_view file,
                             std::span<const Override> overrides = {});

/// The file's text; throws ConfigError naming it when it cannot be read.
std::string read_config_text(const std::filesystem::path& path);

/// The resolved config: defaults filled in, repeats expanded, every layer explicit. Reading it
/// again gives an equal config and the same run id.
nlohmann::ordered_json to_json(const ExperimentConfig& config);

/// JSON Schema (2020-12) of what `read_config` accepts.
nlohmann::ordered_json config_schema();

/// 16 hex digits: a hash (FNV-1a, 64 bits) of the resolved config, seed included.
std::string run_id(const ExperimentConfig& config);

/// The same of a resolved config's JSON, as `to_json` gives it.
std::string run_id_of(const nlohmann::ordered_json& config);

}  // namespace initbench
