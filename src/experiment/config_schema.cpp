#include "experiment/config_json.h"
#include "experiment/field_schema.h"
#include "experiment/sweep.h"

namespace initbench {
namespace {

/// One type of layer: its own fields, "type" and "repeat".
Json layer_schema(const LayerType& type) {
  FieldSchema fields;
  const LayerInit no_init;
  const Repetition once;
  visit_fields(fields, once);
  visit_layer(fields, type.prototype, no_init);
  Json schema = fields.take();
  schema["properties"]["type"] = Json::object({{"const", std::string(type.name)}});
  schema["required"].push_back("type");
  schema["description"] = std::string(type.summary);
  return schema;
}

}  // namespace

Json config_schema() {
  Json layers = Json::array();
  for (const LayerType& type : layer_type_table()) layers.push_back(layer_schema(type));
  FieldSchema fields;
  const ExperimentConfig defaults;
  visit_fields(fields, defaults);
  Json schema = Json::object({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                              {"title", "initbench experiment"}});
  schema.update(fields.take());
  schema["properties"]["sweep"] = sweep_schema();
  schema["$defs"] = Json::object({{"layer", Json::object({{"oneOf", std::move(layers)}})},
                                  {"activation", activation_schema()},
                                  {"weight_init", scheme_schema(Tensor::weights)},
                                  {"bias_init", scheme_schema(Tensor::biases)}});
  return schema;
}

}  // namespace initbench
