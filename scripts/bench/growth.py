#!/usr/bin/env python3
"""How the time of a training step grows with depth, width, batch, classes and logged layers.
Writes growth.json and growth.md into --out.

Usage: scripts/bench/growth.py [--repetitions N] [--build FOLDER]

Processor time per step, the least of the repetitions, over the work: multiplications and additions of
its products, or layers with statistics. The exponent is that of time ~ work^exponent, by least
squares of the logarithms; a knee is a place where time per work rises by more than a fifth over that
of the size before.
"""

import argparse
import dataclasses
import math
import sys
import tempfile

import own
import report
import rows

KNEE = 1.2
OPERATIONS_OF_A_POINT = 4e10  # sets the number of steps


def mlp(width, depth, batch, log_every=0):
    return rows.Row("growth", "", tuple(rows.dense(width, depth) + rows.OUTPUT), batch, 0, side=8,
                    log_every=log_every)


def gaussian(classes=10):
    return {"dataset": "gaussian", "features": 64, "classes": classes,
            "train_size": max(2048, 2 * classes), "test_size": 64}


SERIES = {
    "depth, width 64, batch 64": {n: (mlp(64, n, 64), gaussian()) for n in (10, 30, 100, 300, 1000)},
    "width, 4 layers, batch 64": {n: (mlp(n, 4, 64), gaussian()) for n in (32, 64, 128, 256, 512,
                                                                         1024, 2048)},
    "batch, 4 layers of 256": {n: (mlp(256, 4, n), gaussian()) for n in (16, 32, 64, 128, 256, 512,
                                                                       1024)},
    "classes, 4 layers of 64, batch 64": {n: (mlp(64, 4, 64), gaussian(n))
                                          for n in (10, 100, 1000, 10000)},
    "logged layers, width 64, batch 64": {n: (mlp(64, n, 64, log_every=1), gaussian())
                                          for n in (10, 30, 100, 300, 1000)},
}


def work_of(row, data):
    return rows.flops_per_step(row, data["classes"])


def exponent(work, seconds):
    x, y = [math.log(w) for w in work], [math.log(s) for s in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return (sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y))
            / sum((a - mean_x) ** 2 for a in x))


def measure(program, series, repetitions):
    """Seconds per step by size: the repetitions go through all sizes by turns."""
    least = {}
    for _ in range(repetitions):
        for size, (row, data) in series.items():
            steps = max(10, min(1000, int(OPERATIONS_OF_A_POINT / work_of(row, data))))
            seconds = program.seconds_per_step(dataclasses.replace(row, steps=steps), data, "cpu")
            least[size] = min(seconds, least.get(size, math.inf))
    return least


def fitted(series, least):
    """Figures of a series: the exponent, and for each size its time, rate and whether it is a knee."""
    work = [work_of(*series[size]) for size in least]
    points, before = [], math.inf
    for operations, (size, seconds) in zip(work, least.items()):
        cost = seconds / operations
        points.append({"size": size, "seconds": seconds, "flops": operations,
                       "knee": cost > KNEE * before})
        before = cost
    return {"exponent": exponent(work, least.values()), "points": points}


def markdown(title, figures):
    lines = [(point["size"], "%.3g" % (1e3 * point["seconds"]), "%.4g" % (1 / point["seconds"]),
              "%.1f" % (1e-9 * point["flops"] / point["seconds"]), "knee" if point["knee"] else "")
             for point in figures["points"]]
    return "%s: time ~ work^%.2f\n\n%s" % (
        title, figures["exponent"],
        report.table(("size", "ms a step", "steps/s", "GFLOP/s", ""), lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    report.add_arguments(parser, repetitions=3)
    options = parser.parse_args()
    report.show_load()
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        program = own.Program(options.build / "initbench", folder)
        for title, series in SERIES.items():
            print(title, flush=True)
            figures[title] = fitted(series, measure(program, series, options.repetitions))
    report.write(options.out, "growth", figures,
                 "\n".join(markdown(title, series) for title, series in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
