#!/usr/bin/env python3
"""Theory against every ready config: |z| < 4 of lengths, cosines and ratios of deltas, in every
layer that theory has a prediction for.

Usage: theory_test.py INITBENCH
Configs that read MNIST get random pictures of its sizes, made for the test, unless real ones are
found in $INITBENCH_DATA. Prints the largest |z| of each config.
"""

import csv
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
CONFIGS = pathlib.Path(__file__).resolve().parent.parent.parent / "configs"
SIZE = 2000  # samples of a made set
# What theory.csv scores: the column of z, and of what it is about.
SCORES = {"z_score": "pre_m2", "cosine_z_score": "pre_cosine", "delta_ratio_z_score": "delta_ratio"}


def write_pictures(folder):
    """Four IDX files: a bright blob at a random place of a dark picture with some noise."""
    folder.mkdir(parents=True)
    rng = random.Random(1)
    for prefix in ("train", "t10k"):
        pictures = bytearray()
        for _ in range(SIZE):
            row, column, width = rng.uniform(7, 21), rng.uniform(7, 21), rng.uniform(2, 6)
            for i in range(28):
                for j in range(28):
                    near = max(0.0, 1 - ((i - row) ** 2 + (j - column) ** 2) / width ** 2)
                    pictures.append(int(230 * near) + rng.randrange(25))
        (folder / (prefix + "-images-idx3-ubyte")).write_bytes(
            struct.pack(">IIII", 0x803, SIZE, 28, 28) + pictures)
        (folder / (prefix + "-labels-idx1-ubyte")).write_bytes(
            struct.pack(">II", 0x801, SIZE) + bytes(i % 10 for i in range(SIZE)))


class Theory(unittest.TestCase):
    def test_describes_every_ready_config(self):
        worst = 0
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ)
            sizes = []
            if "INITBENCH_DATA" not in environment:
                environment["INITBENCH_DATA"] = folder + "/data"
                for name in ("mnist", "fashion_mnist"):
                    write_pictures(pathlib.Path(folder, "data", name))
                sizes = ["--set", "data.train_size=%d" % SIZE, "--set", "data.test_size=%d" % SIZE]
            for config in sorted(CONFIGS.glob("*.json")):
                made = sizes if "mnist" in config.read_text() else []
                done = subprocess.run(
                    [PROGRAM, "theory", "--config", str(config), "--out", folder + "/out", *made],
                    env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                table = pathlib.Path(done.stdout.splitlines()[-1], "theory.csv")
                with open(table, newline="") as file:
                    rows = list(csv.DictReader(file))
                predicted = sum(row["pre_m2_predicted"] != "" for row in rows)
                print("%-32s %3d of %3d layers predicted, largest |z|:"
                      % (config.stem, predicted, len(rows)), end="")
                for score, figure in SCORES.items():
                    compared = [row for row in rows
                                if row[figure + "_predicted"] and row[figure + "_measured"]]
                    with self.subTest(config=config.stem, score=score):
                        self.assertEqual([row["name"] for row in compared if not row[score]], [])
                        scores = [(abs(float(row[score])), row["name"]) for row in compared]
                        largest, layer = max(scores, default=(0, "no layer"))
                        print(" %s %.2f at %s" % (figure, largest, layer), end="")
                        worst = max(worst, largest)
                        self.assertLess(largest, 4, layer)
                print()
        print("largest of all: %.2f" % worst)


if __name__ == "__main__":
    unittest.main()
