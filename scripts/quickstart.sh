#!/usr/bin/env bash
# From a fresh clone to a first result: installs what is missing, builds build/initbench and trains
# a small network on a synthetic data set, again at each call. Arguments go to initbench.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_packages.sh build
cmake --preset release >&2
cmake --build --preset release --parallel "$(nproc)" >&2
build/initbench --config configs/relu_kaiming.json --force "$@"
