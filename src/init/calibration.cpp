#include "init/calibration.h"

#include "base/errors.h"

namespace initbench {

void refuse(const Calibration& calibration, std::size_t i, const Scheme& scheme,
            const std::string& reason) {
  const Layer& layer = calibration.network.layers()[calibration.layers[i]];
  throw ConfigError(calibration.places[i], "layer '" + layer.name + "', init: " +
                                               std::string(scheme.name) + ": " + reason);
}

}  // namespace initbench
