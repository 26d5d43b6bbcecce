/// Chains of layers, and what `recommend` says of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "experiment/config_text.h"
#include "experiment/recommendation.h"

namespace initbench {

inline std::string chain(const std::string& activation, int depth, const std::string& model = "") {
  return R"({"data": {"dataset": "blobs", "train_size": 128, "test_size": 64},
    "model": {"activation": ")" +
         activation + "\", " + model + R"("layers": [{"type": "dense", "units": 32, "repeat": )" +
         std::to_string(depth) + R"(}, {"type": "output"}]},
    "train": {"batch_size": 64, "lr": 0.05, "steps": 60}})";
}

inline std::string with_train(const std::string& text, const std::string& train) {
  std::string changed = text;
  return changed.replace(changed.find("\"lr\": 0.05"), 10, train);
}

inline Recommendation recommended(const std::string& text,
                                  std::vector<std::uint64_t> seeds = {0, 1}) {
  DataCache cache;
  return recommend(read(text), {.seeds = std::move(seeds), .pool = {}, .stop = {}}, cache).value();
}

inline const Assessment& current(const Recommendation& recommendation) {
  const auto found = std::find_if(recommendation.ranked.begin(), recommendation.ranked.end(),
                                  [](const Assessment& a) { return a.candidate.is_current; });
  return *found;
}

inline std::vector<std::string> inits(const Recommendation& recommendation) {
  std::vector<std::string> names;
  for (const Assessment& assessment : recommendation.ranked) {
    names.push_back(assessment.candidate.init);
  }
  return names;
}

}  // namespace initbench
