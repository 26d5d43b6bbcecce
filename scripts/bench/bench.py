#!/usr/bin/env python3
"""Times initbench and PyTorch side by side: same networks, weights, batches and statistics, one
thread each, by turns. Writes bench.json and bench.md into --out.

Usage: scripts/bench/bench.py [--row NAME]... [--repetitions N] [--clock wall|cpu] [--out FOLDER]

A row's time per step of initbench is that of whole processes, files written: (seconds of a run of
n + s steps - seconds of a run of s steps) / n. PyTorch's is that of the loop alone, of images in the
memory format, contiguous or channels_last, that is faster for it. Before, the losses of the first
steps of both are compared: a row where they differ, or would not at another learning rate, is void.
Rows of whole runs time processes from their start to the last file, on both sides.
Needs Debian's python3-torch; without it says so and exits with 77.
"""

import argparse
import dataclasses
import json
import math
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

# An override of the kernels that OpenBLAS chooses for this processor would be a handicap for PyTorch.
for override in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(override, None)
# torch.set_num_threads does not reach OpenBLAS built with pthreads.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

try:
    import torch
except ImportError:
    print("python3-torch is missing: skipped (scripts/install_packages.sh test installs it)")
    sys.exit(77)

import own
import processes
import report
import rows
import torch_side

HERE = pathlib.Path(__file__).resolve().parent
CHECKED_STEPS = 3  # rounding grows from step to step in deep networks
AGREEMENT = 1e-3  # relative, of the losses of the first steps
# A PyTorch side with a rate so much higher has to differ SHARPNESS times as much, or the check says
# nothing.
OTHER_RATE = 1.1
SHARPNESS = 10
SAMPLES = 12800  # a whole number of batches of 64 and of 128


def write_idx(folder, stem, pixels, labels):
    count, height, width = pixels.shape
    (folder / (stem + "-images")).write_bytes(
        struct.pack(">BBBBIII", 0, 0, 8, 3, count, height, width) + pixels.numpy().tobytes())
    (folder / (stem + "-labels")).write_bytes(
        struct.pack(">BBBBI", 0, 0, 8, 1, count) + labels.to(torch.uint8).numpy().tobytes())


def make_data(folder, side):
    """Ten noisy patterns as IDX files: (data of a config, inputs, labels)."""
    folder.mkdir()
    generator = torch.Generator().manual_seed(0)
    patterns = torch.rand(rows.CLASSES, side, side, generator=generator)
    labels = torch.randint(0, rows.CLASSES, (SAMPLES,), generator=generator)
    noise = torch.rand(SAMPLES, side, side, generator=generator)
    pixels = ((patterns[labels] + noise) * 127).to(torch.uint8)
    write_idx(folder, "train", pixels, labels)
    write_idx(folder, "test", pixels[:128], labels[:128])
    data = {"dataset": "idx", "normalize": "standardize"}
    for split in ("train", "test"):
        for kind in ("images", "labels"):
            data["%s_%s" % (split, kind)] = str(folder / ("%s-%s" % (split, kind)))
    raw = pixels.double() / 255
    inputs = ((raw - raw.mean()) / raw.std(unbiased=False)).float().unsqueeze(1)
    return data, inputs, labels


def fma_peak(build):
    """GFLOP/s of fused multiply-adds on one core."""
    subprocess.run(["cmake", "--build", str(build), "--target", "bench_fma_peak"],
                   stdout=subprocess.DEVNULL, check=True)
    program = build / "bench_fma_peak"
    return float(subprocess.run([str(program)], stdout=subprocess.PIPE, check=True).stdout)


class Bench:
    def __init__(self, arguments, folder):
        self.clock = arguments.clock
        self.repetitions = arguments.repetitions
        self.program = own.Program(arguments.build / "initbench", folder)
        self.data = {side: make_data(folder / str(side), side)
                     for side in {row.side for row in rows.ALL}}

    def training(self, row, weights, lr=own.LR, memory_format=torch.contiguous_format):
        _, inputs, labels = self.data[row.side]
        return torch_side.Training(row, weights, inputs, labels, lr, memory_format)

    def disagreements(self, row):
        """The largest relative difference of the first losses, and that from other learning rate's."""
        path, losses = self.program.first_losses(row, self.data[row.side][0], CHECKED_STEPS)
        weights = torch_side.read_safetensors(path)
        every_step = dataclasses.replace(row, log_every=1)
        differences = []
        for lr in (own.LR, OTHER_RATE * own.LR):
            theirs, _ = self.training(every_step, weights, lr).run(CHECKED_STEPS)
            both = list(zip(losses, theirs, strict=True))
            finite = all(math.isfinite(a) and math.isfinite(b) for a, b in both)
            differences.append(max(abs(a - b) / abs(b) for a, b in both) if finite else math.inf)
        return weights, differences

    def own_seconds(self, row):
        """Per step."""
        return self.program.seconds_per_step(row, self.data[row.side][0], self.clock)

    def torch_seconds(self, training, steps):
        clock = time.perf_counter if self.clock == "wall" else time.process_time
        started = clock()
        training.run(steps)
        return (clock() - started) / steps

    def own_runs_seconds(self, row):
        """Of one process that makes all runs of the row."""
        wall, cpu, _ = self.program.run(
            self.program.config(row, self.data[row.side][0], row.steps), "--seeds",
            "0..%d" % (row.runs - 1), "--jobs", str(row.jobs))
        return wall if self.clock == "wall" else cpu

    def torch_runs_seconds(self, row):
        """Of as many processes as the row has jobs, which share its runs."""
        data = self.data[row.side][0]
        with tempfile.TemporaryDirectory() as folder:
            commands = []
            for part in range(row.jobs):
                job = pathlib.Path(folder) / ("%d.json" % part)
                job.write_text(json.dumps({
                    "row": row.name, "seeds": list(range(part, row.runs, row.jobs)),
                    "steps": row.steps, "lr": own.LR, "out": str(pathlib.Path(folder) / "out"),
                    "images": data["train_images"],
                    "labels": data["train_labels"]}))
                commands.append([sys.executable, str(HERE / "torch_program.py"), str(job)])
            wall, cpu, _ = processes.run_all(commands)
        return wall if self.clock == "wall" else cpu

    def measure(self, row):
        weights, (difference, other) = self.disagreements(row)
        formats = {"contiguous": torch.contiguous_format}
        if not row.runs and any(layer["type"] == "conv2d" for layer in row.layers):
            formats["channels_last"] = torch.channels_last
        trainings = {name: self.training(row, weights, memory_format=value)
                     for name, value in formats.items()}
        for training in trainings.values():
            training.run(own.SHORT)  # warm
        ours, theirs = [], {name: [] for name in formats}
        for _ in range(self.repetitions):  # A B A B
            ours.append(self.own_runs_seconds(row) if row.runs else self.own_seconds(row))
            for name, training in trainings.items():
                theirs[name].append(
                    self.torch_runs_seconds(row) if row.runs
                    else self.torch_seconds(training, max(row.log_every, row.steps // 2)))
        best = min(theirs, key=lambda name: statistics.median(theirs[name]))
        return {"name": row.name, "title": row.title, "wanted": row.wanted, "jobs": row.jobs,
                "loss_difference": difference, "difference_at_other_rate": other,
                "void": not difference < min(AGREEMENT, other / SHARPNESS),
                "initbench": ours, "torch": theirs[best], "torch_memory_format": best,
                "torch_by_memory_format": theirs,
                "flops": rows.flops_per_step(row) * max(1, row.runs * row.steps)}


def milliseconds(seconds):
    return report.spread([1e3 * value for value in seconds], "%.3g")


def ratio(row):
    """Of medians, with the smallest and largest of neighbours in time."""
    if row["void"]:
        return "void: losses differ by %.1e, at another rate by %.1e" % (
            row["loss_difference"], row["difference_at_other_rate"])
    of_pairs = [theirs / ours for ours, theirs in zip(row["initbench"], row["torch"])]
    return "%.2f (%.2f-%.2f)" % (
        statistics.median(row["torch"]) / statistics.median(row["initbench"]), min(of_pairs),
        max(of_pairs))


HEAD = ("network", "initbench, ms a step or in all: median (min-max)", "PyTorch", "times faster",
        "wanted", "GFLOP/s", "of FMA peak")


def table_line(row, peak):
    rate = row["flops"] / statistics.median(row["initbench"]) / 1e9
    theirs = milliseconds(row["torch"])
    if row["torch_memory_format"] != "contiguous":
        theirs += ", " + row["torch_memory_format"]
    return (row["title"], milliseconds(row["initbench"]), theirs, ratio(row), row["wanted"],
            "%.0f" % rate, "%.0f %%" % (100 * rate / (peak * row["jobs"])))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--row", action="append", choices=[row.name for row in rows.ALL])
    report.add_arguments(parser, repetitions=5)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    torch.set_num_threads(1)
    report.show_load()
    peak = fma_peak(arguments.build)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        results = []
        for row in rows.ALL:
            if arguments.row and row.name not in arguments.row:
                continue
            results.append(bench.measure(row))
            print(" | ".join(map(str, table_line(results[-1], peak))), flush=True)
    table = report.table(HEAD, [table_line(row, peak) for row in results])
    report.write(arguments.out, "bench",
                 {"fma_peak_gflops": peak, "clock": arguments.clock, "torch": torch.__version__,
                  "rows": results},
                 "%s\nFMA peak of one core, measured first: %.0f GFLOP/s.\n" % (table, peak))


if __name__ == "__main__":
    main()
