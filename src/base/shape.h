/// The shape of one sample: a flat vector, or an image whose channels vary fastest in memory.
#pragma once

#include <string>

#include "base/types.h"

namespace initbench {

struct Shape {
  Index height = 1;
  Index width = 1;
  Index channels = 0;     // of a flat vector: its length
  bool is_image = false;  // a dense layer flattens; a convolution or pooling needs an image

  static Shape flat(Index features) { return {.channels = features}; }
  static Shape image(Index height, Index width, Index channels) {
    return {.height = height, .width = width, .channels = channels, .is_image = true};
  }

  Index positions() const { return height * width; }
  Index features() const { return height * width * channels; }
  bool operator==(const Shape&) const = default;
};

/// For messages: "28 x 28 x 1 (height x width x channels)" or "784 features".
std::string to_string(const Shape& shape);

}  // namespace initbench
