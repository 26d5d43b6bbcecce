#!/bin/bash
# Initial weights and synthetic data must not depend on the compiler: compares what print_init_digest
# prints when built by g++ as users have it, by clang++ in the same way and without optimization.
# Usage: bit_identity.sh SOURCE_DIR WORK_DIR
set -euo pipefail
source_dir=$1
work_dir=$2

for compiler in g++ clang++; do
  if ! command -v $compiler >/dev/null; then
    echo "skipped: $compiler is not installed"
    exit 77
  fi
done
eigen=$(pkg-config --cflags-only-I eigen3 2>/dev/null || echo -I/usr/include/eigen3)
includes="-std=c++20 -DINITBENCH_DOUBLE -I$source_dir/src -I$source_dir/tests -isystem ${eigen#-I}"

# What the digest needs: but for what would need the whole network, and what `build_gains` builds.
elsewhere='/(initialize|calibration[a-z_]*|layer_laws|parametrization|quadrature).cpp'
exact=$(ls "$source_dir"/src/base/*.cpp "$source_dir"/src/init/*.cpp \
           "$source_dir"/src/data/{synthetic*,dataset_table}.cpp | grep -Ev "$elsewhere")
exact="$exact $source_dir/tests/init/tensor_cases.cpp $source_dir/tests/init/print_init_digest.cpp"

# The activation table and the integrals over it take long to build and serve gains alone here, which
# are rounded to ten digits; one build is for all.
build_gains() {
  mkdir -p "$work_dir/gains"
  for name in nn/activation nn/activation_table theory/gaussian_moments theory/gaussian_rule \
              theory/critical base/quadrature; do
    clang++ -O1 $includes -c "$source_dir/src/$name.cpp" -o "$work_dir/gains/$(basename $name).o"
  done
}

# build NAME COMPILER FLAGS...: everything else, with a precompiled header of the slow includes.
build() {
  local dir=$work_dir/$1 compiler=$2 flags="${*:3} -ffp-contract=off $includes" header
  mkdir -p "$dir"
  printf '#include "%s"\n' init/scheme.h init/tensor_cases.h data/synthetic.h >"$dir/all.h"
  if [ "$compiler" = g++ ]; then
    g++ $flags -x c++-header "$dir/all.h" -o "$dir/all.h.gch"
    header="-include $dir/all.h"
  else
    clang++ $flags -x c++-header "$dir/all.h" -o "$dir/all.pch"
    header="-include-pch $dir/all.pch"
  fi
  local file
  for file in $exact; do
    $compiler $flags $header -c "$file" -o "$dir/$(basename "$(dirname "$file")")_$(basename "$file").o"
  done
}

# print NAME COMPILER: links and runs what `build` built. Rows point to calibrations, which need the
# whole network, but filling tensors never calls them.
print() {
  $2 -no-pie -Wl,--unresolved-symbols=ignore-all "$work_dir/$1"/*.o "$work_dir"/gains/*.o -o "$work_dir/$1/print_init_digest"
  "$work_dir/$1/print_init_digest" >"$work_dir/$1.txt"
}

rm -rf "$work_dir" && mkdir -p "$work_dir"
build gcc_O3 g++ -O3 -march=native &
build clang_O3 clang++ -O3 -march=native &
build_gains
build clang_O0 clang++ -O0
for job in $(jobs -p); do
  wait "$job"
done
print gcc_O3 g++
print clang_O0 clang++
print clang_O3 clang++

status=0
for name in clang_O0 clang_O3; do
  if ! diff "$work_dir/gcc_O3.txt" "$work_dir/$name.txt"; then
    echo "the bits of gcc_O3 and of $name differ in the lines above"
    status=1
  fi
done
echo "$(wc -l <"$work_dir/gcc_O3.txt") digests of 3 builds compared"
exit $status
