#!/usr/bin/env python3
"""Weights between initbench and PyTorch, both ways, by the file format safetensors: written and read
here by hand, since the format's own package need not be there.

Usage: torch_roundtrip_test.py INITBENCH. Exits with 77 (skipped) where torch is missing.
"""

import collections
import copy
import csv
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

try:
    import torch
except ImportError:
    print("python3-torch is missing: skipped")
    sys.exit(77)

torch.set_num_threads(1)

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
CLASSES = 5
HEIGHT, WIDTH = 9, 7  # unequal, so that transposed axes show
SAMPLES = 96
BATCH = 16
STEPS = 20
LR = 0.1

MLP_LAYERS = [{"type": "dense", "units": 12}, {"type": "dense", "units": 10}, {"type": "output"}]
# A 4 x 3 image of 6 channels is flattened by the first dense layer.
CNN_LAYERS = [{"type": "conv2d", "channels": 4, "kernel": 3, "padding": 1},
              {"type": "max_pool2d", "size": 2},
              {"type": "conv2d", "channels": 6, "kernel": [3, 1], "padding": [1, 0]},
              {"type": "dense", "units": 11}, {"type": "output"}]


def mlp():
    return torch.nn.Sequential(collections.OrderedDict([
        ("flatten", torch.nn.Flatten()),
        ("dense1", torch.nn.Linear(HEIGHT * WIDTH, 12)), ("relu1", torch.nn.ReLU()),
        ("dense2", torch.nn.Linear(12, 10)), ("relu2", torch.nn.ReLU()),
        ("output", torch.nn.Linear(10, CLASSES))]))


def cnn():
    return torch.nn.Sequential(collections.OrderedDict([
        ("conv1", torch.nn.Conv2d(1, 4, 3, padding=1)), ("relu1", torch.nn.ReLU()),
        ("pool", torch.nn.MaxPool2d(2)),
        ("conv2", torch.nn.Conv2d(4, 6, (3, 1), padding=(1, 0))), ("relu2", torch.nn.ReLU()),
        ("flatten", torch.nn.Flatten()),
        ("dense1", torch.nn.Linear(6 * 4 * 3, 11)), ("relu3", torch.nn.ReLU()),
        ("output", torch.nn.Linear(11, CLASSES))]))


NETWORKS = {"mlp": (mlp, MLP_LAYERS), "cnn": (cnn, CNN_LAYERS)}


def read_safetensors(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length].decode("utf-8"))
    header.pop("__metadata__")
    data = content[8 + length:]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", entry
        values = struct.unpack("<%df" % ((end - begin) // 4), data[begin:end])
        tensors[name] = torch.tensor(values).reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().contiguous().flatten().tolist()
        raw = struct.pack("<%df" % len(values), *values)
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode("utf-8")
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_idx(folder, stem, pixels, labels):
    count = len(labels)
    (folder / (stem + "-images")).write_bytes(
        struct.pack(">BBBBIII", 0, 0, 8, 3, count, HEIGHT, WIDTH) + bytes(pixels.flatten().tolist()))
    (folder / (stem + "-labels")).write_bytes(
        struct.pack(">BBBBI", 0, 0, 8, 1, count) + bytes(labels))


def swap_flatten(model):
    """The model with the columns of the layer that flattens in (height, width, channel) order: what
    a reader that forgets the permutation would make of the file."""
    weight = model.dense1.weight.detach()
    model.dense1.weight.data = weight.reshape(-1, 6, 4, 3).permute(0, 2, 3, 1).reshape(
        weight.shape).contiguous()
    return model


def largest_difference(losses, expected):
    return max(abs(a - b) / b for a, b in zip(losses, expected))


class RoundTrip(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        torch.manual_seed(3)
        self.pixels = torch.randint(0, 256, (SAMPLES, HEIGHT, WIDTH))
        self.labels = torch.randint(0, CLASSES, (SAMPLES,))
        self.labels[:CLASSES] = torch.arange(CLASSES)  # every class is there
        self.inputs = (self.pixels.float() / 255).unsqueeze(1)
        write_idx(self.folder, "train", self.pixels, self.labels.tolist())

    def run_program(self, name, layers, **changes):
        """Trains on the folder's files; the rows of curves.csv and the run's directory."""
        data = {"dataset": "idx", "normalize": "unit"}
        for split in ("train", "test"):
            for kind in ("images", "labels"):
                data[split + "_" + kind] = str(self.folder / ("train-" + kind))
        config = {"name": name, "data": data,
                  "model": {"init": changes.get("init", "torch_default"), "activation": "relu",
                            "layers": layers},
                  "train": {"optimizer": "sgd", "lr": LR, "batch_size": BATCH,
                            "steps": changes.get("steps", 0), "shuffle": False},
                  "log": {"every": 1, "weights": changes.get("weights", "none")}}
        path = self.folder / (name + ".json")
        path.write_text(json.dumps(config))
        return self.started(path)

    def started(self, config, *flags):
        done = subprocess.run(
            [PROGRAM, "--config", str(config), "--out", str(self.folder / "runs"), *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        directory = pathlib.Path(done.stdout.strip().split("\n")[-1])
        with open(directory / "curves.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file)), directory

    def losses_of_each_sample(self, name):
        """initbench's loss of one sample after the other for the initial weights, without training
        (a rate of 0): a loss per (sample, label)."""
        path = self.folder / (name + ".json")
        config = json.loads(path.read_text())
        config["train"].update({"lr": 0, "batch_size": 1, "steps": SAMPLES - 1})
        config["log"]["weights"] = "none"
        path.write_text(json.dumps(config))
        rows, _ = self.started(path, "--force")  # the same config for other labels
        rows = [row for row in rows if row["split"] == "train"]
        self.assertEqual(len(rows), SAMPLES)
        return torch.tensor([float(row["loss"]) for row in rows], dtype=torch.float64)

    def log_probabilities(self, name):
        """A row per sample: minus its loss for each label. These are the logits less their own
        logarithm of a sum of exponentials, so they differ between two networks by as much as logits
        do, a shift of all logits of a sample aside, which softmax cannot see."""
        columns = []
        for label in range(CLASSES):
            labels = [label] * SAMPLES
            labels[-1] = CLASSES - 1  # the number of classes is the highest label + 1
            write_idx(self.folder, "train", self.pixels, labels)
            columns.append(-self.losses_of_each_sample(name))
        write_idx(self.folder, "train", self.pixels, self.labels.tolist())
        return torch.stack(columns, 1)[:-1]

    def test_a_file_written_here_gives_the_same_logits_in_pytorch(self):
        for name, (make, layers) in NETWORKS.items():
            with self.subTest(network=name):
                _, directory = self.run_program(name, layers, weights="init")
                model = make()
                model.load_state_dict(read_safetensors(directory / "weights_init.safetensors"),
                                      strict=True)
                own = self.log_probabilities(name)
                with torch.no_grad():
                    theirs = torch.log_softmax(model(self.inputs).double(), 1)[:-1]
                self.assertLess((own - theirs).abs().max().item(), 1e-5)
                if name == "cnn":  # this comparison sees a flatten order that is wrong
                    with torch.no_grad():
                        wrong = torch.log_softmax(swap_flatten(model)(self.inputs).double(), 1)[:-1]
                    self.assertGreater((own - wrong).abs().max().item(), 1e-2)

    def test_weights_initialized_in_pytorch_give_the_same_first_losses(self):
        for name, (make, layers) in NETWORKS.items():
            for names in ("layers", "sequential"):
                with self.subTest(network=name, names=names):
                    torch.manual_seed(11)
                    model = make()
                    for parameter in model.parameters():  # larger than the default: losses move
                        parameter.data *= 2
                    tensors = model.state_dict()
                    if names == "sequential":
                        tensors = torch.nn.Sequential(*model.children()).state_dict()
                    file = self.folder / (name + names + ".safetensors")
                    write_safetensors(file, tensors)
                    rows, _ = self.run_program(
                        name + names, layers, steps=STEPS,
                        init={"scheme": "load", "file": str(file), "names": names})
                    own = [float(row["loss"]) for row in rows if row["split"] == "train"][:STEPS]
                    swapped = swap_flatten(copy.deepcopy(model)) if name == "cnn" else None
                    theirs = self.losses_in_pytorch(model)
                    self.assertEqual(len(own), STEPS)
                    self.assertGreater(max(theirs) - min(theirs), 0.1)
                    self.assertLess(largest_difference(own, theirs), 1e-4)
                    if swapped is not None:  # a wrong flatten order would show
                        wrong = self.losses_in_pytorch(swapped)
                        self.assertGreater(largest_difference(own, wrong), 1e-2)

    def losses_in_pytorch(self, model):
        optimizer = torch.optim.SGD(model.parameters(), lr=LR)
        losses = []
        for step in range(STEPS):
            begin = step * BATCH % SAMPLES
            batch = slice(begin, begin + BATCH)
            loss = torch.nn.functional.cross_entropy(model(self.inputs[batch]), self.labels[batch])
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return losses

    def test_a_file_loaded_here_and_written_again_is_the_same_weights(self):
        model = cnn()
        file = self.folder / "in.safetensors"
        write_safetensors(file, model.state_dict())
        _, directory = self.run_program("again", CNN_LAYERS, weights="init",
                                        init={"scheme": "load", "file": str(file)})
        again = read_safetensors(directory / "weights_init.safetensors")
        self.assertEqual(set(again), set(model.state_dict()))
        for name, tensor in model.state_dict().items():
            self.assertTrue(torch.equal(again[name], tensor), name)


if __name__ == "__main__":
    unittest.main()
