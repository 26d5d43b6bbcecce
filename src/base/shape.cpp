#include "base/shape.h"

namespace initbench {

std::string to_string(const Shape& shape) {
  if (!shape.is_image) return std::to_string(shape.channels) + " features";
  return std::to_string(shape.height) + " x " + std::to_string(shape.width) + " x " +
         std::to_string(shape.channels) + " (height x width x channels)";
}

}  // namespace initbench
