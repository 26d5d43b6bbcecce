#!/usr/bin/env python3
"""Tests of the ready configs: each is explained in configs/README.md and passes `initbench check`.

Usage: configs_test.py INITBENCH
Those that read MNIST find files of its sizes, with meaningless pixels, made for the test.
"""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
CONFIGS = pathlib.Path(__file__).resolve().parent.parent.parent / "configs"


def write_idx_set(folder):
    """Four IDX files of MNIST's sizes. The images' pixels are a hole in the file: zeros."""
    folder.mkdir(parents=True)
    for prefix, count in (("train", 60000), ("t10k", 10000)):
        with open(folder / (prefix + "-images-idx3-ubyte"), "wb") as file:
            file.write(struct.pack(">IIII", 0x803, count, 28, 28) + bytes(range(256)))
            file.truncate(16 + count * 28 * 28)
        (folder / (prefix + "-labels-idx1-ubyte")).write_bytes(
            struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count)))


class Configs(unittest.TestCase):
    def test_the_readme_explains_each_in_one_line_and_nothing_else(self):
        listed = re.findall(r"^\| `([^`]+)` \| [^|]+ \|$", (CONFIGS / "README.md").read_text(),
                            re.M)
        self.assertEqual(sorted(listed),
                         sorted(str(path.relative_to(CONFIGS)) for path in CONFIGS.rglob("*.json")))
        self.assertGreaterEqual(len(listed), 12)

    def test_each_is_named_like_its_file(self):
        for path in CONFIGS.rglob("*.json"):
            text = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M)
            self.assertEqual(json.loads(text)["name"], path.stem)

    def test_each_passes_the_check_of_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("mnist", "fashion_mnist"):
                write_idx_set(pathlib.Path(folder, name))
            done = subprocess.run(
                [PROGRAM, "check", *sorted(map(str, CONFIGS.rglob("*.json")))],
                env=dict(os.environ, INITBENCH_DATA=folder),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
