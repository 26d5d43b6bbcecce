#include "nn/generated_kernels.h"

#ifdef INITBENCH_LIBXSMM

#include <libxsmm_cpuid.h>
#include <libxsmm_generator.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <span>

namespace initbench {
namespace {

struct Unmap {
  std::size_t size = 0;
  void operator()(void* pages) const { munmap(pages, size); }
};

/// Machine code in pages of its own, writable first, then executable, never both. Null when there
/// is no code, or the system forbids it.
using ExecutablePages = std::unique_ptr<void, Unmap>;

ExecutablePages executable_pages(std::span<const std::byte> code) {
  if (code.empty()) return nullptr;
  void* const pages =
      mmap(nullptr, code.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  ExecutablePages owner(pages, {code.size()});
  std::memcpy(pages, code.data(), code.size());
  if (mprotect(pages, code.size(), PROT_READ | PROT_EXEC) != 0) return nullptr;
  return owner;
}

/// What `generate(code, architecture)` writes; no code where it fails.
ExecutablePages generated(auto generate) {
  // The longest that LIBXSMM's own run-time library allows.
  static thread_local std::array<std::byte, 131072> buffer;
  libxsmm_generated_code code{};
  code.generated_code = buffer.data();
  code.buffer_size = buffer.size();
  code.code_type = 2;  // a function in binary code
  code.arch = static_cast<unsigned>(libxsmm_cpuid());
  generate(code);
  return executable_pages(
      std::span<const std::byte>(buffer).first(code.last_error == 0 ? code.code_size : 0));
}

ExecutablePages product_code(const ProductShape& shape) {
  libxsmm_descriptor_blob blob;
  const int flags = shape.transpose_b ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const libxsmm_gemm_descriptor* descriptor = libxsmm_sgemm_descriptor_init(
      &blob, shape.rows, shape.columns, shape.depth, shape.stride_a, shape.stride_b, shape.stride_c,
      1, shape.accumulate ? 1 : 0, flags, LIBXSMM_GEMM_PREFETCH_NONE);
  return generated([descriptor](libxsmm_generated_code& code) {
    if (descriptor != nullptr) libxsmm_generator_gemm_kernel(&code, descriptor);
  });
}

ExecutablePages transpose_code(const TransposeShape& shape) {
  libxsmm_descriptor_blob blob;
  const auto rows = static_cast<unsigned>(shape.rows);
  const auto columns = static_cast<unsigned>(shape.columns);
  const libxsmm_trans_descriptor* descriptor =
      libxsmm_trans_descriptor_init(&blob, sizeof(float), rows, columns, columns);
  return generated([descriptor](libxsmm_generated_code& code) {
    const auto architecture = static_cast<int>(code.arch);
    if (descriptor == nullptr || architecture < LIBXSMM_X86_AVX) return;  // it would print an error
    libxsmm_generator_transpose_kernel(&code, descriptor, architecture);
  });
}

/// Each thread has kernels of its own, so that no lock is needed: they are few and made in 20 us.
template <typename Shape>
void* entry(const Shape& shape, ExecutablePages (*generate)(const Shape&)) {
  static thread_local std::map<Shape, ExecutablePages> kernels;
  const auto found = kernels.find(shape);
  if (found != kernels.end()) return found->second.get();
  return kernels.emplace(shape, generate(shape)).first->second.get();
}

}  // namespace

ProductKernel product_kernel(const ProductShape& shape) {
  return reinterpret_cast<ProductKernel>(entry(shape, product_code));
}

TransposeKernel transpose_kernel(const TransposeShape& shape) {
  return reinterpret_cast<TransposeKernel>(entry(shape, transpose_code));
}

}  // namespace initbench

#else

namespace initbench {

ProductKernel product_kernel(const ProductShape& /*shape*/) { return nullptr; }
TransposeKernel transpose_kernel(const TransposeShape& /*shape*/) { return nullptr; }

}  // namespace initbench

#endif
