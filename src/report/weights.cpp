#include "report/weights.h"

#include <filesystem>

#include "experiment/weight_content.h"
#include "report/output_file.h"

namespace initbench {

void write_weights(const std::string& directory, const Network& network,
                   const WeightsMoment& moment) {
  SafetensorsContent content = content_of(network, moment.step);
  content.metadata["run_id"] = moment.run_id;
  content.metadata["step"] = std::to_string(moment.step);
  const std::string file = "weights_" + moment.name + ".safetensors";
  replace_file((std::filesystem::path(directory) / file).string(), compose_safetensors(content));
}

}  // namespace initbench
