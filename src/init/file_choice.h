/// What a choice of a scheme that reads files (`load`) asks of them.
#pragma once

#include <optional>
#include <string>

#include "init/scheme.h"

namespace initbench {

struct FileChoice {
  std::string file;
  std::string tensor;     // the weights alone, by this name; empty: everything of the layer
  bool by_order = false;  // named as in a torch.nn.Sequential, not as layers are here

  bool whole_layer() const { return tensor.empty(); }
};

/// Nothing when the scheme reads no files, or none is chosen.
std::optional<FileChoice> file_choice(const InitChoice& choice);

}  // namespace initbench
