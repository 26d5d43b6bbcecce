#!/usr/bin/env bash
# Installs what is missing, builds program and tests into build/test, and runs every test and check.
# Safe to call again. Arguments go to ctest: scripts/test.sh -R layers
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_packages.sh test
cmake --preset test
cmake --build --preset test --parallel "$(nproc)"
ctest --preset test --parallel "$(nproc)" "$@"
