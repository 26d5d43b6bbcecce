#!/usr/bin/env python3
"""What logging costs, and what threads gain: the built program against itself, by turns.

Usage: scripts/bench/costs.py [--repetitions N] [--build FOLDER] [--only logging|threads]

Logging: processor time of a step with statistics every 10 steps, and every step, over the time with
none between the first step and the last. Threads: wall time of one over that of two, which says
something only where two cores have nothing else to do (jobs: sweep.py). Ratios are of neighbours in time; the
median is printed with smallest and largest.
"""

import argparse
import dataclasses
import pathlib
import statistics
import sys
import tempfile

import own
import rows

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOGGED = ("mlp_256x8", "mlp_64x50", "cnn_32x10")
THREADED = ("mlp_512x20", "cnn_64x20")
# An epoch is longer than any row's steps: tests come at the start and at the end alone.
IMAGES = {"dataset": "images", "image_size": rows.MNIST_SIDE, "train_size": 40000, "test_size": 128}


def named(name):
    return next(row for row in rows.ALL if row.name == name)


def shown(label, ratios, form):
    ordered = sorted(ratios)
    print("%-48s %s (%s to %s)" % (label, form(statistics.median(ordered)), form(ordered[0]),
                                   form(ordered[-1])), flush=True)


def logging(program, repetitions):
    for name in LOGGED:
        every = {period: dataclasses.replace(named(name), log_every=period) for period in (0, 10, 1)}
        costs = {10: [], 1: []}
        for _ in range(repetitions):
            seconds = {period: program.seconds_per_step(row, IMAGES, "cpu")
                       for period, row in every.items()}
            for period, ratios in costs.items():
                ratios.append(seconds[period] / seconds[0] - 1)
        for period, ratios in costs.items():
            shown("%s, statistics every %d steps" % (name, period), ratios,
                  lambda ratio: "%.1f %%" % (100 * ratio))


def threads(program, repetitions):
    for name in THREADED:
        ratios = []
        for _ in range(repetitions):
            one, two = (program.seconds_per_step(named(name), IMAGES, "wall", "--threads", count)
                        for count in ("1", "2"))
            ratios.append(one / two)
        shown("%s, two threads" % name, ratios, lambda ratio: "%.2f times one" % ratio)


PARTS = {"logging": logging, "threads": threads}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--only", choices=tuple(PARTS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        program = own.Program(arguments.build / "initbench", folder)
        for name, part in PARTS.items():
            if arguments.only in (None, name):
                part(program, arguments.repetitions)


if __name__ == "__main__":
    sys.exit(main())
