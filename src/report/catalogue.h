/// What can be written in a config and found in the files, out of the tables that the program
/// itself uses: for `initbench list`.
#pragma once

#include <string>
#include <string_view>

namespace initbench {

enum class CatalogueFormat { text, json, markdown };

/// "schemes, activations, layers, datasets, optimizers, statistics".
std::string catalogue_subjects();

/// One subject, or all of them for an empty name. Throws ConfigError for an unknown one.
std::string catalogue(std::string_view subject, CatalogueFormat format);

}  // namespace initbench
