#!/usr/bin/env python3
"""Kills runs with SIGKILL at random moments, gives the same command again, and compares every file
with that of a run that nobody touched: byte by byte, run.json but for its timings.

usage: kill_and_resume.py PROGRAM [--trials N] [--seed N]

The networks have every optimizer, momentum, batch and layer norm, dropout, epochs with a partial
last batch, a schedule, clipping, a calibrated initialization, a divergence after some steps, and
several runs at the same time.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

TIMINGS = ["train_seconds", "initialize_seconds", "total_seconds"]
MOST_KILLS = 3  # of one trial, before it may end


def mlp(train, layer=None, init="kaiming_normal"):
    dense = {"type": "dense", "units": 12, **(layer or {})}
    return {
        "data": {"dataset": "blobs", "train_size": 90, "test_size": 30},
        "model": {"init": init, "layers": [dense, dense, {"type": "output"}]},
        "train": {"batch_size": 16, "steps": 40, **train},
        "log": {"every": 3, "weights": "final"},
    }


def cnn(train):
    convolution = {"type": "conv2d", "channels": 4, "kernel": 3, "norm": "batch"}
    return {
        "data": {"dataset": "images", "image_size": 8, "train_size": 70, "test_size": 20},
        "model": {"layers": [convolution, {"type": "max_pool2d", "size": 2}, convolution,
                             {"type": "dropout", "rate": 0.3}, {"type": "dense", "units": 8},
                             {"type": "output"}]},
        "train": {"batch_size": 16, "epochs": 6, **train},
        "log": {"every": 4, "weights": "all"},
    }


# Name: (config, further arguments).
CASES = {
    "mlp_momentum": (mlp({"optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True}), []),
    "mlp_adam": (mlp({"optimizer": "adam", "lr": 0.01, "clip_norm": 0.5,
                      "schedule": "cosine", "warmup_steps": 5}), []),
    "cnn_adamw": (cnn({"optimizer": "adamw", "lr": 0.01, "weight_decay": 0.01}), []),
    "cnn_rmsprop": (cnn({"optimizer": "rmsprop", "lr": 0.002, "momentum": 0.5}), []),
    "mlp_lsuv": (mlp({"optimizer": "sgd", "lr": 0.1}, {"norm": "layer"}, "lsuv"), []),
    "mlp_ntk": (mlp({"optimizer": "adam", "lr": 0.01}, init="ntk"), []),
    "diverging": (mlp({"optimizer": "sgd", "lr": 1e6, "momentum": 0.9}, {"activation": "linear"}),
                  []),
    # Its verdict takes all logged losses, and its advice the updates of the first ones.
    "stalled": (mlp({"optimizer": "sgd", "lr": 1e-7}), []),
    "several": (mlp({"optimizer": "adam", "lr": 0.01}), ["--seeds", "0..2", "--jobs", "2"]),
}


def files_of(folder):
    """The content of every file by its relative path; run.json without its timings."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        content = path.read_bytes()
        if path.name == "run.json":
            run = json.loads(content)
            for timing in TIMINGS:
                run.pop(timing)
            content = json.dumps(run).encode()
        files[str(path.relative_to(folder))] = content
    return files


class Case:
    """A config in a folder of its own, and what a run of it must leave."""

    def __init__(self, program, folder, name):
        config, arguments = CASES[name]
        self.name = name
        self.file = folder / f"{name}.json"
        self.file.write_text(json.dumps(config))
        self.command = [program, "--config", str(self.file), "--no-progress", *arguments]
        # What is killed writes checkpoints, which takes its time; what is expected never does.
        self.seconds = self.run_alone(folder / f"{name}_timed", "1")
        reference = folder / f"{name}_reference"
        self.run_alone(reference, "0")
        self.expected = files_of(reference)

    def run_alone(self, out, checkpoint_every):
        """Seconds that it takes."""
        started = time.monotonic()
        subprocess.run([*self.command, "--out", str(out), "--checkpoint-every", checkpoint_every],
                       check=True, capture_output=True)
        return time.monotonic() - started


class Tally:
    def __init__(self):
        self.identical = self.kills = self.resumed = 0


def run_trial(case, out, rng, tally):
    """What differs after kills and a run to the end: a list of lines, empty when all is well."""
    every = rng.choice(["1", "2", "5"])
    command = [*case.command, "--out", str(out), "--checkpoint-every", every]
    # Half of them late, where there is a checkpoint to go on from.
    moments = [rng.uniform(rng.choice([0, 0.5]) * case.seconds, case.seconds)
               for _ in range(rng.randint(1, MOST_KILLS))]
    log = ""
    for moment in moments:
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
                tally.kills += 1
            log += process.stderr.read().decode()
    last = subprocess.run(command, capture_output=True, text=True, check=False)
    log += last.stderr
    tally.resumed += log.count("goes on after")
    if last.returncode != 0:
        return [f"exit code {last.returncode}: {last.stderr}"]
    found = files_of(out)
    names = sorted(case.expected.keys() | found.keys())
    return [f"{name} differs" for name in names if case.expected.get(name) != found.get(name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = [Case(options.program, folder, case) for case in CASES]
        for trial in range(options.trials):
            case = cases[trial % len(cases)]
            differences = run_trial(case, folder / f"trial{trial}", rng, tally)
            tally.identical += not differences
            for line in differences:
                print(f"trial {trial}, {case.name}: {line}", file=sys.stderr)
    print(f"{tally.identical} of {options.trials} trials identical: {tally.kills} kills, "
          f"{tally.resumed} runs went on from a checkpoint")
    if tally.resumed < options.trials / 10:
        print("too few runs went on from a checkpoint: this proves little", file=sys.stderr)
        return 1
    return 0 if tally.identical == options.trials else 1


if __name__ == "__main__":
    sys.exit(main())
