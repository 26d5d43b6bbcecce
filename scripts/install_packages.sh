#!/usr/bin/env bash
# The one list of Debian packages that initbench needs. Installs those that are missing.
# Usage: scripts/install_packages.sh build|test|cluster
#   build: what the program needs; test: also what its tests and checks need; cluster: also what
#   sweeps over several machines, and the tests of those, need.
# Does nothing, without network, when everything is there.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build
  libcli11-dev nlohmann-json3-dev libeigen3-dev libspdlog-dev libdnnl-dev librandom123-dev
  libboost-math-dev zlib1g-dev
)
# LIBXSMM generates code for x86-64 only, and is packaged for that only.
[[ $(uname -m) != x86_64 ]] || build_packages+=(libxsmm-dev)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev clang clang-format clang-tidy python3 python3-matplotlib
  python3-torch libopenblas0-pthread  # without OpenBLAS PyTorch's products are ten times slower
)
cluster_packages=(parallel openssh-client slurm-wlm munge python3-kubernetes)

case "${1:-}" in
  build) wanted=("${build_packages[@]}") ;;
  test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
  cluster) wanted=("${build_packages[@]}" "${test_packages[@]}" "${cluster_packages[@]}") ;;
  *) echo "usage: scripts/install_packages.sh build|test|cluster" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not a Debian-like system, so nothing is installed. Needed, by Debian's names:" >&2
  echo "  ${wanted[*]}" >&2
  exit 0   # they may be there under other names: CMake says what it does not find
fi

installed=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' "${wanted[@]}" 2>/dev/null || true)"
missing=()
for package in "${wanted[@]}"; do
  [[ $installed == *" $package=installed "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing packages, and neither root nor sudo to install them. Ask an administrator for:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${missing[*]}" >&2
"${as_root[@]}" apt-get -q update </dev/null >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get -q -y --no-install-recommends install "${missing[@]}" </dev/null >&2
