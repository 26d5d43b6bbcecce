/// Where the files of an IDX set are.
#pragma once

#include <string>

#include "data/data_spec.h"

namespace initbench {

struct IdxPaths {
  std::string train_images;
  std::string train_labels;
  std::string test_images;
  std::string test_labels;
};

/// The four paths of dataset "idx" as given; of mnist and fashion_mnist the first folder that holds
/// any of the files. data.path, when given, is the only place; otherwise $INITBENCH_DATA, data/ in
/// the current directory and Debian's /usr/share/datasets. In each, torchvision's MNIST/raw or
/// FashionMNIST/raw, then a folder of the set's own name, then the place itself: files there could
/// be either set, which load_data tells by their labels. Spellings: train-images-idx3-ubyte or
/// train-images.idx3-ubyte, with or without .gz. Throws DataError that lists where it looked.
IdxPaths locate(const DataSpec& spec);

}  // namespace initbench
