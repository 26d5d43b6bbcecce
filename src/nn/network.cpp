#include "nn/network.h"

namespace initbench {

VectorView Network::values_of(ParameterId id) {
  const Parameter& wanted = parameter(id);
  return {values_.data() + wanted.offset, wanted.size};
}

ConstVectorView Network::values_of(ParameterId id) const {
  const Parameter& wanted = parameter(id);
  return {values_.data() + wanted.offset, wanted.size};
}

}  // namespace initbench
