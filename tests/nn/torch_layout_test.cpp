#include "nn/torch_layout.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace initbench {
namespace {

// What torch.nn.Flatten makes of an image of 2 x 1 positions and 3 channels is, in the order here
// (position by position, channel fastest), entries 0 2 4 of position 0 and 1 3 5 of position 1.
TEST(TorchLayout, BringsChannelsFastestColumnsIntoPyTorchsFlattenOrder) {
  const Shape image = Shape::image(2, 1, 3);
  const std::vector<Scalar> here{0, 2, 4, 1, 3, 5, 10, 12, 14, 11, 13, 15};
  const std::vector<Scalar> torch{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
  EXPECT_EQ(to_torch_columns(image, here), torch);
}

TEST(TorchLayout, GoesBackToTheSameColumns) {
  const Shape image = Shape::image(3, 2, 4);
  std::vector<Scalar> weight(48);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<Scalar>(i);
  EXPECT_EQ(from_torch_columns(image, to_torch_columns(image, weight)), weight);
  EXPECT_EQ(to_torch_columns(image, from_torch_columns(image, weight)), weight);
}

TEST(TorchLayout, DiffersForDenseWeightsThatReadPositionsAndChannelsOnly) {
  const Parameter dense{.role = ParameterRole::weight, .dims = {2, 12}};
  const Parameter kernel{.role = ParameterRole::weight, .dims = {2, 3, 1, 1}};
  const Parameter bias{.role = ParameterRole::bias, .dims = {2}};
  EXPECT_TRUE(flattens_image(dense, Shape::image(2, 2, 3)));
  EXPECT_FALSE(flattens_image(dense, Shape::image(4, 3, 1)));
  EXPECT_FALSE(flattens_image(dense, Shape::image(1, 1, 12)));
  EXPECT_FALSE(flattens_image(dense, Shape::flat(12)));
  EXPECT_FALSE(flattens_image(kernel, Shape::image(2, 2, 3)));
  EXPECT_FALSE(flattens_image(bias, Shape::image(2, 2, 3)));
}

TEST(TorchLayout, RefusesRowsOfAnotherLength) {
  EXPECT_THROW(to_torch_columns(Shape::image(2, 1, 3), std::vector<Scalar>(7)), std::logic_error);
}

}  // namespace
}  // namespace initbench
