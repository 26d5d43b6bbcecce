/// Names of folders that stand beside those of experiments.
#pragma once

namespace initbench {

/// Of merged tables: no experiment may have its name.
inline constexpr const char* kMergedFolder = "merged";

}  // namespace initbench
