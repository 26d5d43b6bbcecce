#include "nn/torch_layout.h"

#include "base/errors.h"

namespace initbench {
namespace {

/// Calls `pair(here, torch)` with the place of every entry of every row in both orders.
template <class Pair>
void for_each_place(const Shape& input, std::size_t entries, const Pair& pair) {
  const auto positions = static_cast<std::size_t>(input.positions());
  const auto channels = static_cast<std::size_t>(input.channels);
  const std::size_t row_length = positions * channels;
  expects(row_length > 0 && entries % row_length == 0, "rows as long as the flattened image");
  for (std::size_t row = 0; row < entries; row += row_length) {
    for (std::size_t position = 0; position < positions; ++position) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        pair(row + position * channels + channel, row + channel * positions + position);
      }
    }
  }
}

}  // namespace

bool flattens_image(const Parameter& weight, const Shape& input) {
  return weight.role == ParameterRole::weight && weight.dims.size() == 2 && input.is_image &&
         input.positions() > 1 && input.channels > 1;
}

std::vector<Scalar> to_torch_columns(const Shape& input, std::span<const Scalar> weight) {
  std::vector<Scalar> torch(weight.size());
  for_each_place(input, weight.size(),
                 [&](std::size_t here, std::size_t there) { torch[there] = weight[here]; });
  return torch;
}

std::vector<Scalar> from_torch_columns(const Shape& input, std::span<const Scalar> weight) {
  std::vector<Scalar> own(weight.size());
  for_each_place(input, weight.size(),
                 [&](std::size_t here, std::size_t there) { own[here] = weight[there]; });
  return own;
}

}  // namespace initbench
