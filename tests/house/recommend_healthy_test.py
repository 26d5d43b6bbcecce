#!/usr/bin/env python3
"""Does `initbench recommend` leave well alone?

Usage: recommend_healthy_test.py INITBENCH [NETWORK...]
Twenty networks whose own initialization is healthy and trains. Of each, by seeds (and data) that
`recommend` does not draw:
  present  the config as it is, which must train, or the network does not count;
  choice   the config that `recommend --print-config` prints, when that is another one.
The first choice may not be worse: its late training loss (recommend_test.py) minus the present one's,
in the median of three seeds, is below 0.05 of the loss of the best constant answer.
"""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from recommend_test import (BLOBS, STRIPES, TEACHER, WANTED, Bench, cnn, in_words, mlp, network,
                            residual, scheme_of, trains)

WORSE = 0.05  # of the loss of the best constant answer
MOONS = {"dataset": "moons", "train_size": 1024, "test_size": 256}
CIRCLES = {"dataset": "circles", "train_size": 1024, "test_size": 256}


def normed(activation, norm, depth):
    layers = [{"type": "dense", "units": 64, "norm": norm, "repeat": depth}, {"type": "output"}]
    return network(BLOBS, {"activation": activation}, layers)


def normed_cnn(depth):
    layers = [{"type": "conv2d", "channels": 12, "kernel": 3, "padding": "same", "norm": "batch",
               "repeat": depth}, {"type": "global_avg_pool"}, {"type": "output"}]
    return network(STRIPES, {"activation": "relu"}, layers)


ADAM = {"optimizer": "adam", "lr": 0.003}
HEALTHY = {
    "relu_2": lambda: mlp("relu", 2, init="kaiming_normal"),
    "relu_6": lambda: mlp("relu", 6, init="kaiming_normal"),
    "relu_10_teacher": lambda: mlp("relu", 10, data=TEACHER, init="kaiming_normal"),
    "relu_5_xavier": lambda: mlp("relu", 5, init="xavier_uniform"),
    "relu_20_looks_linear": lambda: mlp("relu", 20, init="looks_linear"),
    "relu_4_moons": lambda: mlp("relu", 4, data=MOONS, init="kaiming_uniform", lr=0.1),
    "relu_3_circles_adam": lambda: mlp("relu", 3, data=CIRCLES, init="kaiming_uniform", **ADAM),
    "tanh_3": lambda: mlp("tanh", 3, init="xavier_normal"),
    "tanh_30_critical": lambda: mlp("tanh", 30, init="orthogonal_critical"),
    "tanh_5_adam": lambda: mlp("tanh", 5, init="xavier_normal", **ADAM),
    "selu_8": lambda: mlp("selu", 8, init="lecun_normal"),
    "gelu_3": lambda: mlp("gelu", 3, init="kaiming_normal"),
    "silu_4_lsuv": lambda: mlp("silu", 4, init="lsuv"),
    "relu_4_mup": lambda: mlp("relu", 4, init="mup", **ADAM),
    "leaky_relu_8": lambda: mlp("leaky_relu", 8, init="kaiming_normal"),
    "batch_norm_10": lambda: normed("relu", "batch", 10),
    "layer_norm_8": lambda: normed("gelu", "layer", 8),
    "residual_8_fixup": lambda: residual("relu", 8, init="fixup", lr=0.1),
    "cnn_3": lambda: cnn("relu", 3, init="kaiming_normal"),
    "cnn_6_batch_norm": lambda: normed_cnn(6),
}


def judged(bench, build):
    """One line of words, and whether the network counts and whether its choice is worse."""
    present = bench.losses(build())
    if not trains(present):
        return "does not count: " + in_words(present), False, False
    choice = bench.first_choice(build())
    if choice == bench.first_config(build()):
        return "kept    " + in_words(present), True, False
    chosen = bench.losses(choice)
    differences = sorted(after - before for before, after in zip(present, chosen))
    is_worse = not differences[len(differences) // 2] < WORSE
    return ("%s %s (lr %g) %s, was %s"
            % ("WORSE  " if is_worse else "changed", scheme_of(choice), choice["train"]["lr"],
               in_words(chosen), in_words(present))), True, is_worse


class RecommendHealthy(unittest.TestCase):
    def test_first_choice_is_not_worse_than_what_trains(self):
        counted, worse = 0, []
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(pathlib.Path(name))
            for network_name, build in HEALTHY.items():
                if WANTED and network_name not in WANTED:
                    continue
                words, counts, is_worse = judged(bench, build)
                print("%-22s %s" % (network_name, words), flush=True)
                counted += counts
                worse += [network_name] if is_worse else []
        self.assertEqual(worse, [])
        if not WANTED:
            self.assertEqual(counted, len(HEALTHY))


if __name__ == "__main__":
    unittest.main()
