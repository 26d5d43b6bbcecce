#include "report/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "base/errors.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

Json listed(std::string_view subject) {
  return Json::parse(catalogue(subject, CatalogueFormat::json));
}

std::set<std::string> names_of(const Json& entries) {
  std::set<std::string> names;
  for (const Json& entry : entries) names.insert(entry.at("name").get<std::string>());
  return names;
}

TEST(Catalogue, OfSchemesNamesPyTorchsInitializers) {
  const std::set<std::string> names = names_of(listed("schemes"));
  for (const char* name : {"zeros", "ones", "constant", "uniform", "normal", "trunc_normal", "eye",
                           "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform",
                           "kaiming_normal", "orthogonal", "sparse"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Catalogue, OfSchemesIsEnoughToBuildAForm) {
  for (const Json& scheme : listed("schemes")) {
    for (const char* key : {"aliases", "class", "formula", "source", "parameters", "for", "layers",
                            "brings_biases"}) {
      EXPECT_TRUE(scheme.contains(key)) << scheme.at("name") << " " << key;
    }
    EXPECT_NE(scheme.at("source"), "") << scheme.at("name");
    for (const Json& parameter : scheme.at("parameters")) {
      EXPECT_EQ(parameter.at("default").is_null(), parameter.at("required").get<bool>());
      for (const char* key :
           {"kind", "summary", "minimum", "maximum", "exclusive_minimum", "integer", "choices"}) {
        EXPECT_TRUE(parameter.contains(key)) << scheme.at("name") << " " << key;
      }
    }
  }
}

TEST(Catalogue, OfActivationsHasPyTorchsGains) {
  for (const Json& row : listed("activations")) {
    const Json& gain = row.at("torch_gain");
    if (row.at("name") == "selu") {
      EXPECT_EQ(gain, 0.75);
    }
    if (row.at("name") == "gelu") {
      EXPECT_TRUE(gain.is_null());
    }
  }
}

TEST(Catalogue, OfStatisticsDocumentsTheColumnsOfTheFiles) {
  const std::set<std::string> names = names_of(listed("statistics"));
  EXPECT_TRUE(names.contains("delta_norm"));
  EXPECT_TRUE(names.contains("grad_norm"));
  for (const Json& entry : listed("statistics")) EXPECT_NE(entry.at("summary"), "");
}

TEST(Catalogue, OfEverythingHasEverySubject) {
  const Json all = listed("");
  EXPECT_EQ(all.size(), 6U);
  for (const char* subject :
       {"schemes", "activations", "layers", "datasets", "optimizers", "statistics"}) {
    EXPECT_FALSE(all.at(subject).empty()) << subject;
    EXPECT_EQ(all.at(subject), listed(subject));
  }
}

TEST(Catalogue, AsTextNamesEveryEntry) {
  const std::string text = catalogue("", CatalogueFormat::text);
  for (const auto& [subject, entries] : listed("").items()) {
    for (const std::string& name : names_of(entries)) EXPECT_THAT(text, HasSubstr(name));
  }
}

TEST(Catalogue, AsTextFitsIntoAHundredColumns) {
  std::istringstream lines(catalogue("", CatalogueFormat::text));
  std::string line;
  while (std::getline(lines, line)) EXPECT_LE(line.size(), 100U) << line;
}

TEST(Catalogue, AsMarkdownHasEquallyManyCellsInEveryRow) {
  const std::string text = catalogue("schemes", CatalogueFormat::markdown);
  const auto bars = [](std::string_view line) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++count;
    }
    return count;
  };
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with("|")) continue;
    EXPECT_EQ(bars(line), 11U) << line;
  }
}

TEST(Catalogue, SuggestsASubjectForATypo) {
  try {
    catalogue("scheme", CatalogueFormat::text);
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'schemes'?"));
  }
}

}  // namespace
}  // namespace initbench
