#include "experiment/activation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"

namespace initbench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(std::string_view text) {
  try {
    parse_activation(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ActivationText, IsANameOrAnAlias) {
  EXPECT_EQ(parse_activation("leaky_relu"), (Activation{ActivationKind::leaky_relu, 0.01}));
  EXPECT_EQ(parse_activation("swish").kind, ActivationKind::silu);
}

TEST(ActivationText, MayBeTheObjectOfAConfig) {
  EXPECT_EQ(parse_activation(R"({"name": "leaky_relu", "a": 0.2})"),
            (Activation{ActivationKind::leaky_relu, 0.2}));
}

TEST(ActivationText, IsRefusedWithARemedy) {
  EXPECT_THAT(refusal("tanhh"), HasSubstr("did you mean 'tanh'?"));
  EXPECT_THAT(refusal(R"({"name": "leaky_relu", "slope": 0.2})"), HasSubstr("slope"));
  EXPECT_THAT(refusal(R"({"name":)"),
              AllOf(StartsWith("activation: line 1"),
                    HasSubstr(R"(or an object, as '{"name": "leaky_relu", "a": 0.2}')")));
  EXPECT_THAT(refusal(R"({"name": "relu", "name": "elu"})"), StartsWith("activation.name: "));
  EXPECT_THAT(refusal("\xff"), HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace initbench
