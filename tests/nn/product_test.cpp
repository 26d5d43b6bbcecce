#include "nn/product.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <limits>
#include <random>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace initbench {
namespace {

Matrix random_matrix(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  return Matrix::NullaryExpr(rows, columns, [&] {
    return static_cast<Scalar>(engine() % 2001U) / Scalar{1000} - Scalar{1};
  });
}

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView written(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

Eigen::MatrixXd op(const Matrix& m, Transpose transpose) {
  if (transpose == Transpose::yes) return m.cast<double>().transpose();
  return m.cast<double>();
}

struct Size {
  Index rows;
  Index columns;
  Index depth;
};

void PrintTo(const Size& size, std::ostream* out) {
  *out << size.rows << "x" << size.columns << "x" << size.depth;
}

class Product : public ::testing::TestWithParam<std::tuple<Size, Transpose, Transpose>> {
 protected:
  Size size_ = std::get<0>(GetParam());
  Transpose transpose_a_ = std::get<1>(GetParam());
  Transpose transpose_b_ = std::get<2>(GetParam());
  Matrix a_ = transpose_a_ == Transpose::yes ? random_matrix(size_.depth, size_.rows, 1)
                                             : random_matrix(size_.rows, size_.depth, 1);
  Matrix b_ = transpose_b_ == Transpose::yes ? random_matrix(size_.columns, size_.depth, 2)
                                             : random_matrix(size_.depth, size_.columns, 2);
  Eigen::MatrixXd expected_ = op(a_, transpose_a_) * op(b_, transpose_b_);

  void expect_near(const Matrix& actual, const Eigen::MatrixXd& expected) const {
    // Sums of `depth` products below 1 in float.
    const double tolerance = 1e-6 * static_cast<double>(size_.depth + 1);
    if (actual.size() == 0) return;
    EXPECT_TRUE(actual.allFinite());
    EXPECT_LT((actual.cast<double>() - expected).cwiseAbs().maxCoeff(), tolerance);
  }
};

TEST_P(Product, AgreesWithEigenInDouble) {
  // Entries that are never written stay NaN.
  Matrix c = Matrix::Constant(size_.rows, size_.columns, std::numeric_limits<Scalar>::quiet_NaN());
  product(view(a_), transpose_a_, view(b_), transpose_b_, written(c));
  expect_near(c, expected_);
}

TEST_P(Product, AddsWhenAccumulating) {
  Matrix c = random_matrix(size_.rows, size_.columns, 3);
  const Eigen::MatrixXd expected = c.cast<double>() + expected_;
  product(view(a_), transpose_a_, view(b_), transpose_b_, written(c), Accumulate::yes);
  expect_near(c, expected);
}

INSTANTIATE_TEST_SUITE_P(
    SizesAndTransposes, Product,
    ::testing::Combine(::testing::Values(Size{1, 1, 1}, Size{3, 5, 7}, Size{1, 9, 4}, Size{9, 1, 4},
                                         Size{5, 4, 1}, Size{17, 33, 31}, Size{64, 48, 80},
                                         Size{255, 37, 129}, Size{10, 128, 784}, Size{0, 3, 4},
                                         Size{3, 0, 4}, Size{3, 4, 0}),
                       ::testing::Values(Transpose::no, Transpose::yes),
                       ::testing::Values(Transpose::no, Transpose::yes)));

TEST(ProductOperands, MustAgreeInSize) {
  const Matrix a = random_matrix(3, 4, 1);
  const Matrix b = random_matrix(5, 2, 2);
  Matrix c(3, 2);
  EXPECT_THROW(product(view(a), Transpose::no, view(b), Transpose::no, written(c)),
               std::logic_error);
  const Matrix fitting = random_matrix(4, 2, 2);
  Matrix wrong(2, 3);
  EXPECT_THROW(product(view(a), Transpose::no, view(fitting), Transpose::no, written(wrong)),
               std::logic_error);
}

TEST(ProductOperands, CarryNanAndInfinityOn) {
  for (const Scalar bad :
       {std::numeric_limits<Scalar>::quiet_NaN(), std::numeric_limits<Scalar>::infinity()}) {
    for (const Index size : {3, 64, 257}) {
      Matrix a = random_matrix(size, size, 1);
      a(size / 2, size - 1) = bad;
      const Matrix b = Matrix::Zero(size, size);  // inf * 0 is NaN: nothing may skip a zero
      Matrix c(size, size);
      product(view(a), Transpose::no, view(b), Transpose::no, written(c));
      for (Index row = 0; row < size; ++row) {
        EXPECT_EQ(c.row(row).array().isNaN().all(), row == size / 2) << "row " << row;
      }
    }
  }
}

/// A matrix at the end of its pages, with one behind them that nobody may touch.
class MatrixAtTheEdge {
 public:
  MatrixAtTheEdge(Index rows, Index columns) {
    const auto bytes = static_cast<std::size_t>(rows * columns) * sizeof(Scalar);
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t usable = (bytes + page - 1) / page * page;
    size_ = usable + page;
    pages_ = static_cast<std::byte*>(
        mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(mprotect(pages_ + usable, page, PROT_NONE), 0);
    values_ = reinterpret_cast<Scalar*>(pages_ + usable - bytes);
    MatrixView(values_, rows, columns) = random_matrix(rows, columns, 1);
    rows_ = rows;
    columns_ = columns;
  }
  ~MatrixAtTheEdge() { munmap(pages_, size_); }
  MatrixAtTheEdge(const MatrixAtTheEdge&) = delete;
  MatrixAtTheEdge& operator=(const MatrixAtTheEdge&) = delete;

  MatrixView view() { return {values_, rows_, columns_}; }
  ConstMatrixView read() const { return {values_, rows_, columns_}; }

 private:
  std::size_t size_ = 0;
  std::byte* pages_ = nullptr;
  Scalar* values_ = nullptr;
  Index rows_ = 0, columns_ = 0;
};

TEST(ProductOperands, AreNotReadOrWrittenBeyondTheirEnd) {
  std::mt19937 engine(1);
  const auto size = [&] { return static_cast<Index>(1 + engine() % 100U); };
  for (int trial = 0; trial < 300; ++trial) {
    const Index rows = size(), columns = size(), depth = size();
    for (const auto& [transpose_a, transpose_b] :
         {std::pair(Transpose::yes, Transpose::no), std::pair(Transpose::no, Transpose::no),
          std::pair(Transpose::no, Transpose::yes)}) {
      const bool a_lies = transpose_a == Transpose::yes, b_lies = transpose_b == Transpose::yes;
      const MatrixAtTheEdge a(a_lies ? depth : rows, a_lies ? rows : depth);
      const MatrixAtTheEdge b(b_lies ? columns : depth, b_lies ? depth : columns);
      MatrixAtTheEdge c(rows, columns);
      product(a.read(), transpose_a, b.read(), transpose_b, c.view());
      const Eigen::MatrixXd expected = op(a.read(), transpose_a) * op(b.read(), transpose_b);
      EXPECT_LT((c.read().cast<double>() - expected).cwiseAbs().maxCoeff(), 1e-4);
    }
  }
}

TEST(ProductThreads, GiveTheSameBitsAtOnceAsAlone) {
  const Matrix a = random_matrix(256, 256, 1);
  const Matrix b = random_matrix(256, 128, 2);
  Matrix alone(256, 128);
  product(view(a), Transpose::yes, view(b), Transpose::no, written(alone));
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int& count : wrong) {
    threads.emplace_back([&a, &b, &alone, &count] {
      Matrix c(256, 128);
      for (int i = 0; i < 50; ++i) {
        product(view(a), Transpose::yes, view(b), Transpose::no, written(c));
        count += c != alone;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace initbench
