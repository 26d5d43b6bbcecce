#!/usr/bin/env python3
"""Checks that clang-format would change nothing. Usage: check_format.py [ROOT]

Prints clang-format's findings and exits 1 when there are any.
"""

import pathlib
import shutil
import subprocess
import sys


def main():
    default = pathlib.Path(__file__).resolve().parent.parent.parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if not shutil.which("clang-format"):
        sys.exit("clang-format is missing: scripts/install_packages.sh test")
    files = sorted(str(path.relative_to(root)) for folder in ("src", "tests")
                   for path in (root / folder).rglob("*") if path.suffix in (".h", ".cpp"))
    if not files:
        sys.exit("no C++ files under %s" % root)
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], cwd=root)
    if done.returncode:
        sys.exit("remedy: clang-format -i on the files above")


if __name__ == "__main__":
    main()
