#include "nn/convolution_naive.h"

namespace initbench::naive {
namespace {

/// One multiplication of a convolution: output feature += weight * input feature.
struct Tap {
  Index output;
  Index weight;
  Index input;
};

/// The input row (or column) under kernel position `k` of output position `o`; -1 in zero padding.
Index source(const ConvolutionGeometry& g, std::size_t axis, Index o, Index k) {
  const Index size = axis == 0 ? g.in.height : g.in.width;
  const Index i = o * g.stride[axis] - g.pad_before[axis] + k * g.dilation[axis];
  if (g.circular) return ((i % size) + size) % size;
  return i < 0 || i >= size ? -1 : i;
}

template <typename Visit>
void for_each_channel_pair(const ConvolutionGeometry& g, Visit visit) {
  const Index inputs = g.in.channels / g.groups;
  const Index outputs = g.out.channels / g.groups;
  for (Index o = 0; o < g.out.channels; ++o) {
    for (Index i = 0; i < inputs; ++i) visit(o, i, (o / outputs) * inputs + i);
  }
}

template <typename Visit>
void for_each_position_pair(const ConvolutionGeometry& g, Visit visit) {
  for (Index row = 0; row < g.out.height; ++row) {
    for (Index column = 0; column < g.out.width; ++column) {
      for (Index k = 0; k < g.kernel[0] * g.kernel[1]; ++k) {
        const Index in_row = source(g, 0, row, k / g.kernel[1]);
        const Index in_column = source(g, 1, column, k % g.kernel[1]);
        if (in_row < 0 || in_column < 0) continue;
        visit(row * g.out.width + column, k, in_row * g.in.width + in_column);
      }
    }
  }
}

/// Calls visit(Tap) for every multiplication of one image.
template <typename Visit>
void for_each_tap(const ConvolutionGeometry& g, Visit visit) {
  const Index inputs = g.in.channels / g.groups;
  const Index area = g.kernel[0] * g.kernel[1];
  for_each_position_pair(g, [&](Index out_position, Index k, Index in_position) {
    for_each_channel_pair(g, [&](Index out_channel, Index in_of_group, Index in_channel) {
      visit(Tap{.output = out_position * g.out.channels + out_channel,
                .weight = (out_channel * inputs + in_of_group) * area + k,
                .input = in_position * g.in.channels + in_channel});
    });
  });
}

}  // namespace

void convolution_forward(const ConvolutionGeometry& geometry, ConstVector weight, ConstVector bias,
                         ConstMatrix x, Eigen::Ref<Eigen::MatrixXd> y) {
  y.setZero();
  for (Index sample = 0; sample < x.cols(); ++sample) {
    for_each_tap(geometry, [&](const Tap& tap) {
      y(tap.output, sample) += weight(tap.weight) * x(tap.input, sample);
    });
  }
  if (bias.size() == 0) return;
  for (Index position = 0; position < geometry.out.positions(); ++position) {
    y.middleRows(position * bias.size(), bias.size()).colwise() += bias;
  }
}

void convolution_backward_data(const ConvolutionGeometry& geometry, ConstVector weight,
                               ConstMatrix dy, Eigen::Ref<Eigen::MatrixXd> dx,
                               Accumulate accumulate) {
  if (accumulate == Accumulate::no) dx.setZero();
  for (Index sample = 0; sample < dy.cols(); ++sample) {
    for_each_tap(geometry, [&](const Tap& tap) {
      dx(tap.input, sample) += weight(tap.weight) * dy(tap.output, sample);
    });
  }
}

void convolution_backward_weights(const ConvolutionGeometry& geometry, ConstMatrix x,
                                  ConstMatrix dy, Eigen::Ref<Eigen::VectorXd> dweight,
                                  Eigen::Ref<Eigen::VectorXd> dbias) {
  dweight.setZero();
  for (Index sample = 0; sample < x.cols(); ++sample) {
    for_each_tap(geometry, [&](const Tap& tap) {
      dweight(tap.weight) += x(tap.input, sample) * dy(tap.output, sample);
    });
  }
  if (dbias.size() == 0) return;
  dbias.setZero();
  for (Index position = 0; position < geometry.out.positions(); ++position) {
    dbias += dy.middleRows(position * dbias.size(), dbias.size()).rowwise().sum();
  }
}

}  // namespace initbench::naive
