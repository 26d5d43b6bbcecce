#include "report/run_origins.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace initbench {
namespace {

void remark(const std::string& what, const std::set<std::string>& values,
            std::vector<std::string>& remarks) {
  if (values.size() < 2) return;
  remarks.push_back("the runs are of different " + what + " (" +
                    listed({values.begin(), values.end()}) +
                    "): the last digits of the same run may differ between them");
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

void RunOrigins::add(const StoredRun& run) {
  const nlohmann::ordered_json& versions = run.run.at("versions");
  const std::string version = versions.at("initbench").get<std::string>();
  if (version_.empty()) {
    version_ = version;
    first_ = run.directory;
  }
  if (version != version_) {
    throw DataError(run.directory, "was run by initbench " + version + " and " + first_ + " by " +
                                       version_ +
                                       ", and what they compute may differ; run one of "
                                       "them again with --force");
  }
  processors_.insert(run.run.at("processor").get<std::string>());
  builds_.insert(versions.at("compiler").get<std::string>() + " " +
                 versions.at("flags").get<std::string>());
  threads_.insert(std::to_string(run.summary.threads));
}

std::vector<std::string> RunOrigins::remarks() const {
  std::vector<std::string> remarks;
  remark("processors", processors_, remarks);
  remark("builds", builds_, remarks);
  remark("numbers of --threads", threads_, remarks);
  return remarks;
}

}  // namespace initbench
