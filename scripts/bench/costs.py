#!/usr/bin/env python3
"""What logging costs, and what threads gain: the built program against itself, by turns. Writes
costs.json and costs.md into --out.

Usage: scripts/bench/costs.py [--repetitions N] [--build FOLDER] [--only logging|threads]

Logging: processor time of a step with statistics every 10 steps, and every step, over the time with
none between the first step and the last. Threads: wall time of one over that of two, which says
something only where two cores have nothing else to do (jobs: sweep.py). Ratios are of neighbours in
time; the median is shown with smallest and largest.
"""

import argparse
import dataclasses
import itertools
import sys
import tempfile

import own
import report
import rows

LOGGED = ("mlp_256x8", "mlp_64x50", "cnn_32x10")
THREADED = ("mlp_512x20", "cnn_64x20")
# An epoch is longer than any row's steps: tests come at the start and at the end alone.
IMAGES = {"dataset": "images", "image_size": rows.MNIST_SIDE, "train_size": 40000, "test_size": 128}


def named(name):
    return next(row for row in rows.ALL if row.name == name)


def logging(program, repetitions):
    """(what, its percentages, their form) of each row and period."""
    for name in LOGGED:
        every = {period: dataclasses.replace(named(name), log_every=period) for period in (0, 10, 1)}
        costs = {10: [], 1: []}
        for _ in range(repetitions):
            seconds = {period: program.seconds_per_step(row, IMAGES, "cpu")
                       for period, row in every.items()}
            for period, percent in costs.items():
                percent.append(100 * (seconds[period] / seconds[0] - 1))
        for period, percent in costs.items():
            yield ("%s, statistics every %s" % (name, "step" if period == 1 else "%d steps" % period),
                   percent, "%.1f %%")


def threads(program, repetitions):
    """The same of each row with two threads."""
    for name in THREADED:
        ratios = []
        for _ in range(repetitions):
            one, two = (program.seconds_per_step(named(name), IMAGES, "wall", "--threads", count)
                        for count in ("1", "2"))
            ratios.append(one / two)
        yield "%s, times faster with two threads" % name, ratios, "%.2f"


PARTS = {"logging": logging, "threads": threads}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    report.add_arguments(parser, repetitions=7)
    parser.add_argument("--only", choices=tuple(PARTS))
    options = parser.parse_args()
    report.show_load()
    with tempfile.TemporaryDirectory() as folder:
        program = own.Program(options.build / "initbench", folder)
        chosen = [part for name, part in PARTS.items() if options.only in (None, name)]
        report.write_spreads(options.out, "costs", itertools.chain.from_iterable(
            part(program, options.repetitions) for part in chosen))


if __name__ == "__main__":
    sys.exit(main())
