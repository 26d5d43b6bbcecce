#!/usr/bin/env python3
"""Times sweeps of short runs (MLP 4 x 64, synthetic data): what a run costs beside its training,
and what a second job gains.

Usage: scripts/bench/sweep.py [--runs N] [--repetitions N] [--build FOLDER] [--part NAME]...

overhead  A run without a single step (`train.steps: 0`): data, initialization, the first statistics
          and evaluation, theory, files; processor time and wall time a run, in /dev/shm and in the
          build folder. Once every run has a seed and with it data of its own, once ten runs share
          each seed, as schemes and rates of a sweep do. Beside it the wall time of runs of 200 steps
          that is not in their train_seconds, which holds statistics of 20 logged steps and tests, too.
jobs      `--jobs 2` against `--jobs 1`, by turns.

bench.py times a sweep against PyTorch.

Other load on the machine makes wall times meaningless: what is busy is shown first. Writes sweep.json
and sweep.md into --out.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import processes
import report

STEPS, LR = 200, 0.05
CONFIG = {"name": "sweep", "data": {"dataset": "blobs"},
          "model": {"init": "kaiming_normal",
                    "layers": [{"type": "dense", "units": 64, "repeat": 4}, {"type": "output"}]},
          "train": {"lr": LR, "steps": STEPS}}


def sweep(program, folder, jobs, *flags):
    """(wall seconds, processor seconds, seconds of training) of a sweep in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        config = pathlib.Path(name) / "sweep.json"
        config.write_text(json.dumps(CONFIG))
        out = pathlib.Path(name) / "results"
        wall, cpu, _ = processes.run_all([[program, "--config", config, "--jobs", str(jobs), "--out",
                                           out, "--quiet", *flags]])
        training = sum(json.loads(path.read_text())["train_seconds"]
                       for path in out.glob("*/*/run.json"))
        return wall, cpu, training


def seeds(runs):
    return ["--seeds", "0..%d" % (runs - 1)]


def shared_seeds(runs):
    rates = ",".join("%g" % (LR * (1 + i)) for i in range(10))
    return ["--sweep", "train.lr=" + rates, *seeds(runs // 10)]


def overhead(options):
    """(what, its values) of each place."""
    none = ["--set", "train.steps=0"]
    # On disk in the build folder, where nobody commits what a killed benchmark leaves.
    for place in ("/dev/shm", options.build):
        for kind, flags in (("a seed each", seeds), ("ten runs a seed", shared_seeds)):
            times = [sweep(options.program, place, 1, *none, *flags(options.runs))
                     for _ in range(options.repetitions)]
            what = "ms a run of no step in %s, %s, " % (place, kind)
            yield what + "processor", [1e3 * cpu / options.runs for _, cpu, _ in times]
            yield what + "wall", [1e3 * wall / options.runs for wall, _, _ in times]
        times = [sweep(options.program, place, 1, *shared_seeds(options.runs))
                 for _ in range(options.repetitions)]
        yield ("ms a run of %d steps in %s outside its training, wall" % (STEPS, place),
               [1e3 * (wall - training) / options.runs for wall, _, training in times])


def jobs(options):
    """The same of one job, two, and their ratio."""
    times = [[sweep(options.program, "/dev/shm", count, *seeds(options.runs))[0]
              for count in (1, 2)] for _ in range(options.repetitions)]
    for count in (1, 2):
        yield "seconds of %d runs, --jobs %d" % (options.runs, count), [t[count - 1] for t in times]
    yield "times faster with two jobs", [one / two for one, two in times]


PARTS = {"overhead": overhead, "jobs": jobs}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    report.add_arguments(parser, repetitions=3)
    parser.add_argument("--part", action="append", choices=list(PARTS))
    options = parser.parse_args()
    options.program = str((options.build / "initbench").resolve())
    report.show_load()
    report.write_spreads(options.out, "sweep", (
        (what, values, "%.2f") for part in options.part or PARTS
        for what, values in PARTS[part](options)))


if __name__ == "__main__":
    sys.exit(main())
