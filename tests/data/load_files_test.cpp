#include <optional>

#include "data/data_spec.h"
#include "data/idx_fixture.h"

namespace initbench {
namespace {

using namespace testing;

DataSpec mnist_in(const std::string& folder) {
  DataSpec spec;
  spec.dataset = "mnist";
  spec.path = folder;
  spec.normalize = Normalize::none;
  return spec;
}

DataSpec idx_in(const std::string& folder) {
  DataSpec spec;
  spec.dataset = "idx";
  spec.train_images = folder + "/train-images-idx3-ubyte";
  spec.train_labels = folder + "/train-labels-idx1-ubyte";
  spec.test_images = folder + "/t10k-images-idx3-ubyte";
  spec.test_labels = folder + "/t10k-labels-idx1-ubyte";
  spec.normalize = Normalize::none;
  return spec;
}

std::string data_error(const DataSpec& spec) {
  return message_of<DataError>([&] { load_data(spec, 0); });
}

/// Sets an environment variable and the current folder back at the end of a test.
class Surroundings {
 public:
  explicit Surroundings(const std::string& folder) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
    unsetenv("INITBENCH_DATA");
  }
  ~Surroundings() {
    unsetenv("INITBENCH_DATA");
    std::filesystem::current_path(before_);
  }
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

 private:
  std::filesystem::path before_;
};

TEST(LoadFiles, GivesBytesLabelsAndShape) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  const DataSplits splits = load_data(mnist_in(folder.string()), 0);
  EXPECT_EQ(splits.train.shape, Shape::image(2, 3, 1));
  EXPECT_EQ(splits.train.size, 6);
  EXPECT_EQ(splits.test.size, 3);
  EXPECT_EQ(splits.train.bytes.size(), 36U);
  EXPECT_EQ(splits.train.bytes[35], 35);
  EXPECT_EQ(splits.test.labels, (std::vector<std::int32_t>{2, 1, 0}));
  EXPECT_EQ(splits.train.classes, 10);
  EXPECT_EQ(splits.description, "mnist (6 train, 3 test, 2 x 3 x 1, 10 classes)");
}

TEST(LoadFiles, TakesTheFirstSamplesOnly) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  DataSpec spec = mnist_in(folder.string());
  spec.train_size = 4;
  spec.test_size = 1;
  const DataSplits splits = load_data(spec, 0);
  EXPECT_EQ(splits.train.bytes.size(), 24U);
  EXPECT_EQ(splits.train.labels, (std::vector<std::int32_t>{0, 1, 2, 0}));
  EXPECT_EQ(splits.test.size, 1);
  EXPECT_NE(splits.digest, load_data(mnist_in(folder.string()), 0).digest);
}

TEST(LoadFiles, WantingMoreSamplesThanThereAreIsAConfigError) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  DataSpec spec = mnist_in(folder.string());
  spec.train_size = 7;
  const std::string message = message_of<ConfigError>([&] { load_data(spec, 0); });
  EXPECT_TRUE(message.starts_with("data.train_size: 7 samples wanted")) << message;
}

TEST(LoadFiles, CountsClassesOfAnyIdxSetFromItsLabels) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  DataSpec spec = idx_in(folder.string());
  spec.train_size = 2;  // labels 0 and 1: the number of classes is of the whole file
  EXPECT_EQ(load_data(spec, 0).train.classes, 3);
  spec.classes = 5;
  EXPECT_EQ(load_data(spec, 0).test.classes, 5);
}

TEST(LoadFiles, ReadsFlatAndMultichannelInputs) {
  const TemporaryFolder folder;
  SmallSet set;
  set.train_images = idx({6, 6}, SmallSet::counted(36));
  set.test_images = idx({3, 6}, SmallSet::counted(18));
  set.write(folder / "flat");
  EXPECT_EQ(load_data(idx_in(folder / "flat"), 0).train.shape, Shape::flat(6));
  set.train_images = idx({6, 1, 2, 3}, SmallSet::counted(36));
  set.test_images = idx({3, 1, 2, 3}, SmallSet::counted(18));
  set.write(folder / "channels");
  EXPECT_EQ(load_data(idx_in(folder / "channels"), 0).train.shape, Shape::image(1, 2, 3));
}

TEST(LoadFiles, RefusesChannelsFirstImages) {
  const TemporaryFolder folder;
  SmallSet set;
  set.train_images = idx({6, 3, 4, 4}, std::string(288, '\1'));
  set.write(folder.string());
  EXPECT_TRUE(contains(data_error(idx_in(folder.string())), "channels, height, width"));
}

TEST(LoadFiles, NamesBothFilesWhenImagesAndLabelsDifferInNumber) {
  const TemporaryFolder folder;
  SmallSet set;
  set.train_labels = idx({5}, std::string{0, 1, 2, 0, 1});
  set.write(folder.string());
  const std::string message = data_error(mnist_in(folder.string()));
  EXPECT_TRUE(message.starts_with(folder / "train-images-idx3-ubyte: has 6 samples")) << message;
  EXPECT_TRUE(contains(message, folder / "train-labels-idx1-ubyte has 5 labels"));
}

TEST(LoadFiles, RefusesLabelsOutOfRangeWithTheirPlace) {
  const TemporaryFolder folder;
  SmallSet set;
  set.test_labels = idx({3}, std::string{2, 10, 0});
  set.write(folder.string());
  EXPECT_EQ(data_error(mnist_in(folder.string())),
            folder / "t10k-labels-idx1-ubyte" +
                std::string(": label 10 of sample 1 is outside 0 to 9; get the file again"));
  EXPECT_TRUE(contains(data_error(idx_in(folder.string())), "raise data.classes"));
}

TEST(LoadFiles, RefusesImagesAndLabelsSwappedAndShapesThatDiffer) {
  const TemporaryFolder folder;
  SmallSet set;
  std::swap(set.train_images, set.train_labels);
  set.write(folder / "swapped");
  EXPECT_TRUE(contains(data_error(mnist_in(folder / "swapped")), "swapped?"));
  SmallSet other;
  other.test_images = idx({3, 3, 2}, SmallSet::counted(18));
  other.write(folder / "other");
  EXPECT_TRUE(contains(data_error(mnist_in(folder / "other")), "has samples of 3 x 2 x 1"));
  EXPECT_TRUE(contains(data_error(mnist_in(folder / "other")), "name the files of one data set"));
}

TEST(LoadFiles, RefusesAnyFileOfAPairCutAtAnyByte) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  const DataSpec spec = mnist_in(folder.string());
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    const std::string path = folder / name;
    const std::string raw = read_file(path);
    for (const std::string& content : {raw, gzip(raw)}) {
      for (std::size_t size = 0; size < content.size(); ++size) {
        write_file(path, content.substr(0, size));
        EXPECT_TRUE(data_error(spec).starts_with(path)) << name << " cut to " << size << " bytes";
      }
    }
    write_file(path, raw);
  }
  EXPECT_NO_THROW(load_data(spec, 0));
}

TEST(LoadFiles, TellsFashionMnistFromMnistByItsLabels) {
  const std::string head{9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9};
  const TemporaryFolder folder;
  SmallSet set;
  set.train_labels = idx({60000}, head + std::string(60000 - head.size(), '\0'));
  set.write(folder.string());
  const std::string message = data_error(mnist_in(folder.string()));
  EXPECT_TRUE(contains(message, "holds the labels of fashion_mnist, not of mnist")) << message;
}

TEST(Locate, KnowsTheUsualFoldersUnderDataPath) {
  for (const char* place : {"", "MNIST/raw", "mnist", "raw"}) {
    const TemporaryFolder folder;
    SmallSet().write(folder / place);
    EXPECT_EQ(load_data(mnist_in(folder.string()), 0).train.size, 6) << place;
  }
  for (const char* place : {"", "FashionMNIST/raw", "fashion_mnist", "fashion-mnist"}) {
    const TemporaryFolder folder;
    SmallSet().write(folder / place);
    DataSpec spec = mnist_in(folder.string());
    spec.dataset = "fashion_mnist";
    EXPECT_EQ(load_data(spec, 0).train.size, 6) << place;
  }
}

TEST(Locate, PrefersTheFolderOfTheSetsNameToFilesOfUnknownOrigin) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  SmallSet named;
  named.test_labels = idx({3}, std::string{9, 9, 9});
  named.write(folder / "mnist");
  EXPECT_EQ(load_data(mnist_in(folder.string()), 0).test.labels[0], 9);
}

TEST(Locate, KnowsEverySpelling) {
  for (const char* separator : {"-", "."}) {
    for (const char* ending : {"", ".gz"}) {
      const TemporaryFolder folder;
      const SmallSet set;
      const auto put = [&](const std::string& stem, const char* kind, const std::string& content) {
        write_file(folder / (stem + separator + kind + ending),
                   *ending == '\0' ? content : gzip(content));
      };
      put("train-images", "idx3-ubyte", set.train_images);
      put("train-labels", "idx1-ubyte", set.train_labels);
      put("t10k-images", "idx3-ubyte", set.test_images);
      put("t10k-labels", "idx1-ubyte", set.test_labels);
      EXPECT_EQ(load_data(mnist_in(folder.string()), 0).test.size, 3) << separator << ending;
    }
  }
}

TEST(Locate, SearchesTheEnvironmentsFolderThenDataInTheCurrentOne) {
  const TemporaryFolder folder;
  const Surroundings surroundings(folder.string());
  DataSpec spec = mnist_in("");
  spec.path.reset();
  SmallSet().write(folder / "data/mnist");
  EXPECT_EQ(load_data(spec, 0).test.labels[0], 2);
  SmallSet other;
  other.test_labels = idx({3}, std::string{7, 7, 7});
  other.write(folder / "elsewhere/MNIST/raw");
  setenv("INITBENCH_DATA", (folder / "elsewhere").c_str(), 1);
  EXPECT_EQ(load_data(spec, 0).test.labels[0], 7);
}

TEST(Locate, SaysWhereItLookedAndHowToGetTheFiles) {
  const TemporaryFolder folder;
  const Surroundings surroundings(folder.string());
  setenv("INITBENCH_DATA", "/nowhere/at/all", 1);
  DataSpec spec = mnist_in("");
  spec.path.reset();
  const std::string message = data_error(spec);
  for (const char* part : {"data/mnist: no mnist files", "/nowhere/at/all/mnist", "data/MNIST/raw",
                           "/usr/share/datasets", "scripts/get_data.sh mnist"}) {
    EXPECT_TRUE(contains(message, part)) << part << " in: " << message;
  }
}

TEST(Locate, SearchesNothingElseWhenThePathIsGiven) {
  const TemporaryFolder folder;
  const Surroundings surroundings(folder.string());
  SmallSet().write(folder / "data/mnist");
  const std::string message = data_error(mnist_in("/nowhere/at/all"));
  EXPECT_TRUE(message.starts_with("/nowhere/at/all: no such folder (data.path)")) << message;
}

TEST(Locate, NamesTheFilesThatAreMissingBesideOthers) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  const std::string message = data_error(mnist_in(folder.string()));
  EXPECT_TRUE(message.starts_with(folder.string() + ": lacks t10k-labels-idx1-ubyte")) << message;
}

TEST(Locate, NamesADirectoryThatHasAFilesName) {
  const TemporaryFolder folder;
  SmallSet().write(folder.string());
  const std::string path = folder / "train-images-idx3-ubyte";
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_TRUE(contains(data_error(mnist_in(folder.string())), path + ": is a directory"));
}

}  // namespace
}  // namespace initbench
