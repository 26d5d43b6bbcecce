#!/usr/bin/env bash
# Installs what is missing, builds program and tests into build/test, and runs the tests and checks.
# Safe to call again. Usage: scripts/test.sh [--full] [arguments of ctest, as -R layers]
#   --full: also the tests labelled slow, which take minutes each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

selection=(--label-exclude '^slow$')
packages=test
if [[ "${1:-}" == --full ]]; then
  selection=()
  packages=cluster
  shift
fi

scripts/install_packages.sh "$packages"
cmake --preset test
cmake --build --preset test --parallel "$(nproc)"
ctest --preset test --parallel "$(nproc)" "${selection[@]}" "$@"
