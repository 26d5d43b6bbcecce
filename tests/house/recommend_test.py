#!/usr/bin/env python3
"""Does the first choice of `initbench recommend` train where a network's own initialization fails?

Usage: recommend_test.py INITBENCH [NETWORK...]
Twenty networks, ten that the ranking was tuned on and ten that were set up afterwards. Of each:
  control  with one or three layers and otherwise the same it trains, so that task and budget are
           fair;
  label    as it is (the tool's default, kaiming_normal, or PyTorch's, torch_default) it does not;
  result   the config that `recommend --print-config` prints, without --train, does.
These three are judged by other seeds than those that `recommend` draws, and with them other data.
To train is: in at least two of three seeds the run ends, with a training loss, in the mean over the
last quarter of its steps, below 0.75 of that of the best constant answer. A network whose control or
label is otherwise does not count, and the spare after it is taken. At least 19 of 20 must train.
"""

import csv
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
WANTED = sys.argv[1:]
sys.argv = sys.argv[:1]
SEEDS = "0..2"  # that recommend sees
FRESH_SEEDS = "10..12"  # that control, label and result are judged by
TRAINS = 0.75  # of the loss of the best constant answer
FEW_LAYERS = (1, 3)
HALF = 10  # networks that count of each half

BLOBS = {"dataset": "blobs", "train_size": 1024, "test_size": 256}
TEACHER = {"dataset": "teacher", "features": 20, "classes": 3, "train_size": 1024,
           "test_size": 256}
STRIPES = {"dataset": "images", "image_size": 12, "classes": 3, "train_size": 1024,
           "test_size": 256}
PICTURES = {"dataset": "idx", "train_size": 1000, "test_size": 200,
            **{part + "_" + kind: part + "-" + kind
               for part in ("train", "test") for kind in ("images", "labels")}}


def network(data, model, layers, **train):
    return {"data": data, "model": {**model, "layers": layers},
            "train": {"optimizer": "sgd", "lr": 0.05, "batch_size": 64, "steps": 200, **train},
            "log": {"every": 5}}


def mlp(activation, depth, data=BLOBS, init=None, **train):
    model = {"activation": activation, **({"init": init} if init else {})}
    layers = [{"type": "dense", "units": 64, "repeat": depth}, {"type": "output"}]
    return network(data, model, layers, **train)


def cnn(activation, depth, data=STRIPES, init=None, **train):
    model = {"activation": activation, **({"init": init} if init else {})}
    layers = [{"type": "conv2d", "channels": 12, "kernel": 3, "padding": "same", "repeat": depth},
              {"type": "avg_pool2d", "size": 2}, {"type": "output"}]
    return network(data, model, layers, **train)


def residual(activation, depth, data=TEACHER, init=None, **train):
    model = {"activation": activation, **({"init": init} if init else {})}
    block = [{"type": "dense", "units": 64}, {"type": "dense", "units": 64, "activation": "linear"}]
    layers = [{"type": "dense", "units": 64},
              {"type": "residual", "repeat": depth, "layers": block}, {"type": "output"}]
    return network(data, model, layers, **train)


# name: builder, activation, depth, what is special. The order decides which ten count.
TUNED_ON = {
    "tanh_50_torch": (mlp, "tanh", 50, {"init": "torch_default"}),
    "sigmoid_10": (mlp, "sigmoid", 10, {}),
    "gelu_40": (mlp, "gelu", 40, {}),
    "relu_60_torch": (mlp, "relu", 60, {"init": "torch_default"}),
    "silu_30": (mlp, "silu", 30, {"data": TEACHER}),
    "sin_50_torch": (mlp, "sin", 50, {"init": "torch_default"}),
    "elu_50": (mlp, "elu", 50, {}),
    "relu_cnn_20_torch": (cnn, "relu", 20, {"init": "torch_default"}),
    "tanh_cnn_20_torch": (cnn, "tanh", 20, {"init": "torch_default"}),
    "relu_residual_40": (residual, "relu", 40, {}),
    "tanh_100_adam": (mlp, "tanh", 100, {"optimizer": "adam", "lr": 0.001}),
    "softplus_20": (mlp, "softplus", 20, {"data": TEACHER}),
}
KEPT_BACK = {
    "mish_40": (mlp, "mish", 40, {}),
    "leaky_relu_80_torch": (mlp, "leaky_relu", 80, {"init": "torch_default", "data": TEACHER}),
    "selu_40": (mlp, "selu", 40, {}),
    "hardtanh_60_torch": (mlp, "hardtanh", 60, {"init": "torch_default"}),
    "gelu_cnn_16": (cnn, "gelu", 16, {}),
    "erf_80_torch_adam": (mlp, "erf", 80, {"init": "torch_default", "optimizer": "adam",
                                           "lr": 0.001}),
    "sigmoid_16_pictures": (mlp, "sigmoid", 16, {"data": PICTURES}),
    "gelu_residual_50": (residual, "gelu", 50, {}),
    "relu_100_torch_pictures": (mlp, "relu", 100, {"init": "torch_default", "data": PICTURES}),
    "tanh_cnn_30_torch_pictures": (cnn, "tanh", 30, {"init": "torch_default", "data": PICTURES}),
    "silu_cnn_24_torch": (cnn, "silu", 24, {"init": "torch_default"}),
    "softsign_50_torch": (mlp, "softsign", 50, {"init": "torch_default", "data": TEACHER}),
    "softplus_12_adam": (mlp, "softplus", 12, {"optimizer": "adam", "lr": 0.001}),
    "relu6_40_torch": (mlp, "relu6", 40, {"init": "torch_default"}),
}


def write_pictures(folder):
    """IDX files: a bright spot on noise; its place, one of five, is the class."""
    rng = random.Random(1)
    side, places = 12, [(3, 3), (3, 8), (8, 3), (8, 8), (5, 5)]
    for part, size in (("train", 1000), ("test", 200)):
        pixels = bytearray()
        for i in range(size):
            row, column = places[i % len(places)]
            row, column = row + rng.uniform(-1, 1), column + rng.uniform(-1, 1)
            for y in range(side):
                for x in range(side):
                    near = max(0.0, 1 - ((y - row) ** 2 + (x - column) ** 2) / 5)
                    pixels.append(int(180 * near) + rng.randrange(70))
        labels = bytes(i % len(places) for i in range(size))
        (folder / (part + "-images")).write_bytes(
            struct.pack(">IIII", 0x803, size, side, side) + pixels)
        (folder / (part + "-labels")).write_bytes(struct.pack(">II", 0x801, size) + labels)


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.runs = 0

    def initbench(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError("initbench %s: %s" % (" ".join(arguments), done.stderr))
        return done.stdout

    def write(self, config):
        (self.folder / "network.json").write_text(json.dumps(config))
        return "network.json"

    def losses(self, config):
        """Of each seed: late training loss over that of the best constant answer; inf: diverged."""
        self.runs += 1
        out = "runs%d" % self.runs
        self.initbench("--config", self.write(config), "--seeds", FRESH_SEEDS, "--out", out, "-q",
                       "--no-progress")
        shares = []
        for record in sorted((self.folder / out).glob("*/*/run.json")):
            run = json.loads(record.read_text())
            if run["status"] != "finished":
                shares.append(float("inf"))
                continue
            with open(record.parent / "curves.csv", newline="") as file:
                rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
            begin = 0.75 * int(rows[-1]["step"])
            late = [float(row["loss"]) for row in rows if int(row["step"]) >= begin]
            shares.append(sum(late) / len(late) / run["initial"]["loss_of_frequencies"])
        return shares

    def first_config(self, config):
        """The config as it is, with the first seed that recommend sees, all defaults written out."""
        return json.loads(self.initbench("--config", self.write(config), "--seed",
                                         SEEDS.split("..")[0], "--print-config"))

    def first_choice(self, config):
        return json.loads(self.initbench("recommend", "--config", self.write(config), "--seeds",
                                         SEEDS, "--print-config"))


def trains(shares):
    return sum(share < TRAINS for share in shares) >= 2


def in_words(shares):
    return " ".join("%.3f" % share for share in shares)


def scheme_of(config):
    for layer in config["model"]["layers"]:
        if "init" in layer:
            init = layer["init"]
            return init if isinstance(init, str) else init["scheme"]
    return "?"


def count(bench, networks):
    """How many of the first ten that count train with the first choice, and how many there are."""
    counted, right, slowed = 0, 0, 0
    for name, (build, activation, depth, special) in networks.items():
        if counted == HALF or (WANTED and name not in WANTED):
            continue
        control = min((bench.losses(build(activation, few, **special)) for few in FEW_LAYERS),
                      key=lambda shares: sorted(shares)[1])
        label = bench.losses(build(activation, depth, **special))
        if not trains(control) or trains(label):
            print("%-28s does not count: control %s, as it is %s"
                  % (name, in_words(control), in_words(label)), flush=True)
            continue
        choice = bench.first_choice(build(activation, depth, **special))
        result = bench.losses(choice)
        counted += 1
        right += trains(result)
        own_rate = build(activation, depth, **special)["train"]["lr"]
        slowed += choice["train"]["lr"] != own_rate
        print("%-28s %s control %s, as it is %s, %s (lr %g) %s"
              % (name, "trains " if trains(result) else "FAILS  ", in_words(control),
                 in_words(label), scheme_of(choice), choice["train"]["lr"], in_words(result)),
              flush=True)
    print("%d of %d train, %d of them at another rate" % (right, counted, slowed), flush=True)
    return right, counted


class Recommend(unittest.TestCase):
    def test_first_choice_trains_where_the_default_fails(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            write_pictures(folder)
            bench = Bench(folder)
            right_tuned, tuned = count(bench, TUNED_ON)
            right_kept, kept = count(bench, KEPT_BACK)
        if WANTED:
            return
        self.assertEqual((tuned, kept), (HALF, HALF))
        self.assertGreaterEqual(right_tuned + right_kept, 19)


if __name__ == "__main__":
    unittest.main()
