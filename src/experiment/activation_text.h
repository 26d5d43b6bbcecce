/// An activation on the command line, spelled as in a config: a name, or the object with a
/// parameter.
#pragma once

#include <string_view>

#include "nn/activation.h"

namespace initbench {

/// "gelu", or {"name": "leaky_relu", "a": 0.2}. Throws ConfigError, with a suggestion for a
/// misspelt name.
Activation parse_activation(std::string_view text);

}  // namespace initbench
