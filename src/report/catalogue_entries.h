/// The program's own tables as lists of objects: what can be written in a config and found in the
/// files. How they look is catalogue.h's.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string_view>

namespace initbench {

/// What can be listed. Entries are objects with the same keys, `name` first.
struct CatalogueSubject {
  std::string_view name;
  nlohmann::ordered_json (*entries)();
};

std::span<const CatalogueSubject> catalogue_subject_table();

}  // namespace initbench
