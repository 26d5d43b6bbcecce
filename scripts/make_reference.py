#!/usr/bin/python3
"""Writes tests/reference/*.json: six small networks computed by PyTorch, for the C++ tests to match.

Needs PyTorch (Debian 12: apt-get install python3-torch, version 1.13) and numpy; the tests read the
JSON and need neither. Run it again only when a network here changes; the files are deterministic.

Everything is computed in float64. Initial values are multiples of 2^-12 and inputs multiples of
2^-6, so that float32, float64 and the printed decimals hold the very same numbers. Each network is
also trained in float32: a reference that float32 cannot follow to 2e-5 over all 20 steps would test
rounding, not the program, and is refused.

Format of a file (all arrays of numbers flat and in C order unless said):

  name        of the network, also the file's
  origin      what computed it
  input       {"features": n}, or {"height": h, "width": w, "channels": c}
  classes     number of logits
  model       the "model" part of an initbench config (init schemes left out: values are given)
  batches     3 of {"inputs": one list per sample, images in HWC order, "labels": one per sample}
  parameters  one per tensor, in no promised order, under initbench's name:
              {"name", "shape", "values": before training,
               "gradient": d loss / d values at step 0, on batch 0, in training mode}
              A dense layer that reads an image has its columns in HWC flatten order.
  logits      of batch 0 before any update, in training mode: one list per sample
  loss        mean cross entropy of batch 0 before any update
  training    one per optimizer: {"train": the "train" part of a config,
              "losses": 20 numbers; losses[s] is the loss on batch s % 3 after s updates}
"""

import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.dont_write_bytecode = True
from reference_networks import NETWORKS  # noqa: E402

STEPS = 20
BATCHES = 3
OPTIMIZERS = [
    {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9},
    {"optimizer": "adam", "lr": 0.001},
    {"optimizer": "adamw", "lr": 0.001, "weight_decay": 0.01},
]

ACTIVATIONS = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
}


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def same_padding(size, kernel, stride, dilation):
    """Zeros before and after along one axis so that output = ceil(size / stride) (TensorFlow)."""
    reach = dilation * (kernel - 1) + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


class PaddedConvolution(nn.Module):
    """nn.Conv2d after explicit padding: PyTorch's own "same" knows no stride."""

    def __init__(self, layer, shape):
        super().__init__()
        channels, height, width = shape
        kernel, stride = pair(layer["kernel"]), pair(layer.get("stride", 1))
        dilation, padding = pair(layer.get("dilation", 1)), layer.get("padding", "valid")
        if padding in ("same", "circular"):
            top, bottom = same_padding(height, kernel[0], stride[0], dilation[0])
            left, right = same_padding(width, kernel[1], stride[1], dilation[1])
        else:
            top, left = (0, 0) if padding == "valid" else pair(padding)
            bottom, right = top, left
        self.padding = (left, right, top, bottom)
        self.mode = "circular" if padding == "circular" else "constant"
        self.convolution = nn.Conv2d(channels, layer["channels"], kernel, stride, 0, dilation,
                                     layer.get("groups", 1), layer.get("bias", True))

    def forward(self, x):
        return self.convolution(F.pad(x, self.padding, self.mode))


class Residual(nn.Module):
    def __init__(self, body, shortcut, scale):
        super().__init__()
        self.body, self.shortcut, self.scale = body, shortcut, scale

    def forward(self, x):
        return self.shortcut(x) + self.scale * self.body(x)


class Builder:
    """Builds a torch network from initbench's layers and notes every parameter's initbench name."""

    def __init__(self, network):
        self.default_activation = network["model"]["activation"]
        self.classes = network["classes"]
        self.named = []  # (name, parameter, (channels, height, width) of an image it flattens)

    def note(self, name, linear, norm=None, image=None):
        self.named.append((name + ".weight", linear.weight, image))
        if linear.bias is not None:
            self.named.append((name + ".bias", linear.bias, None))
        if norm is not None:
            self.named.append((name + ".norm.weight", norm.weight, None))
            self.named.append((name + ".norm.bias", norm.bias, None))

    def layers(self, layers, shape, prefix=""):
        """The module of a list of layers, and the shape of its output."""
        modules, counts = [], {}
        for layer in layers:
            for _ in range(layer.get("repeat", 1)):
                kind = layer["type"].replace("2d", "")
                counts[kind] = counts.get(kind, 0) + 1
                name = prefix + (kind if kind == "output" else kind + str(counts[kind]))
                module, shape = self.layer(layer, name, shape)
                modules.append(module)
        return nn.Sequential(*modules), shape

    def layer(self, layer, name, shape):
        kind = layer["type"]
        if kind in ("dense", "output"):
            return self.dense(layer, name, shape)
        if kind == "conv2d":
            return self.convolution(layer, name, shape)
        if kind == "residual":
            return self.residual(layer, name, shape)
        if kind == "global_avg_pool":
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), (shape[0],)
        pool = {"max_pool2d": nn.MaxPool2d, "avg_pool2d": nn.AvgPool2d}[kind](pair(layer["size"]))
        return pool, tuple(pool(torch.zeros(1, *shape)).shape[1:])

    def activation(self, layer):
        default = "linear" if layer["type"] == "output" else self.default_activation
        return ACTIVATIONS[layer.get("activation", default)]()

    def dense(self, layer, name, shape):
        units = layer.get("units", self.classes)
        linear = nn.Linear(int(np.prod(shape)), units, bias=layer.get("bias", True))
        norm = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm, None: None}[layer.get("norm")]
        norm = norm(units) if norm else None
        self.note(name, linear, norm, shape if len(shape) == 3 else None)
        parts = [nn.Flatten(), linear, norm, self.activation(layer)]
        return nn.Sequential(*[part for part in parts if part is not None]), (units,)

    def convolution(self, layer, name, shape):
        module = PaddedConvolution(layer, shape)
        norm = nn.BatchNorm2d(layer["channels"]) if layer.get("norm") == "batch" else None
        self.note(name, module.convolution, norm)
        parts = [module, norm, self.activation(layer)]
        return (nn.Sequential(*[part for part in parts if part is not None]),
                tuple(module(torch.zeros(1, *shape)).shape[1:]))

    def residual(self, layer, name, shape):
        body, out = self.layers(layer["layers"], shape, name + ".")
        shortcut = nn.Identity()
        if layer.get("shortcut") == "projection":
            shortcut = nn.Linear(shape[0], out[0], bias=False)
            self.note(name + ".shortcut", shortcut)
        return Residual(body, shortcut, layer.get("scale", 1.0)), out


def draw_parameters(named, gain, rng):
    """Values of a sound scale, on the grid of 2^-12; norm scales near 1, every shift used."""
    for name, parameter, _ in named:
        shape = tuple(parameter.shape)
        if name.endswith(".norm.weight"):
            values = 1.0 + 0.2 * rng.standard_normal(shape)
        elif name.endswith(".bias"):
            values = 0.1 * rng.standard_normal(shape)
        else:
            values = gain / np.sqrt(np.prod(shape[1:])) * rng.standard_normal(shape)
        parameter.data = torch.from_numpy(np.round(values * 4096) / 4096)


def draw_batches(network, rng):
    """Standard normal inputs on the grid of 2^-6 (images as NCHW), and labels."""
    shape = network["input"]
    shape = ((shape["features"],) if "features" in shape
             else (shape["channels"], shape["height"], shape["width"]))
    return [(torch.from_numpy(
                 np.round(rng.standard_normal((network["batch"], *shape)) * 64) / 64),
             torch.from_numpy(rng.randint(0, network["classes"], network["batch"])))
            for _ in range(BATCHES)]


def optimizer_for(settings, parameters):
    if settings["optimizer"] == "sgd":
        return torch.optim.SGD(parameters, settings["lr"], settings["momentum"])
    if settings["optimizer"] == "adam":
        return torch.optim.Adam(parameters, settings["lr"])
    return torch.optim.AdamW(parameters, settings["lr"], weight_decay=settings["weight_decay"])


def train(build, settings, dtype):
    """The first STEPS losses of a fresh copy of the network."""
    module, _, batches = build()
    module = module.to(dtype)
    optimizer = optimizer_for(settings, module.parameters())
    losses = []
    for step in range(STEPS):
        inputs, labels = batches[step % BATCHES]
        optimizer.zero_grad()
        loss = F.cross_entropy(module(inputs.to(dtype)), labels)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


def hwc(values, image):
    """Columns of a dense weight that reads an image, from CHW to HWC flatten order."""
    if image is None:
        return values
    return values.reshape(-1, *image).permute(0, 2, 3, 1).reshape(values.shape)


def exact(values):
    return "[" + ",".join(repr(float(v)) for v in values.flatten()) + "]"


def digits(values):
    return "[" + ",".join("%.10g" % float(v) for v in values.flatten()) + "]"


def rows(lines, indent):
    return "[\n" + ",\n".join(indent + "  " + line for line in lines) + "\n" + indent + "]"


def sample_inputs(sample):
    return exact(sample.permute(1, 2, 0) if sample.dim() == 3 else sample)


def reference(network):
    def build():
        rng = np.random.RandomState(network["seed"])  # numpy promises to keep this stream as it is
        builder = Builder(network)
        shape = network["input"]
        shape = ((shape["features"],) if "features" in shape
                 else (shape["channels"], shape["height"], shape["width"]))
        module, _ = builder.layers(network["model"]["layers"], shape)
        draw_parameters(builder.named, network["gain"], rng)
        return module.double().train(), builder.named, draw_batches(network, rng)

    module, named, batches = build()
    inputs, labels = batches[0]
    logits = module(inputs)
    loss = F.cross_entropy(logits, labels)
    loss.backward()

    training = []
    for settings in OPTIMIZERS:
        losses = train(build, settings, torch.float64)
        in_float = train(build, settings, torch.float32)
        worst = max(abs(a - b) / abs(b) for a, b in zip(in_float, losses))
        print("%-26s %-6s loss %.4f -> %.4f, float32 within %.1e" %
              (network["name"], settings["optimizer"], losses[0], losses[-1], worst))
        if worst > 2e-5:
            sys.exit("%s: float32 cannot follow this reference; choose another seed or gain"
                     % network["name"])
        training.append('{"train": %s,\n     "losses": %s}'
                        % (json.dumps(settings), digits(torch.tensor(losses, dtype=torch.float64))))

    fields = {
        "name": json.dumps(network["name"]),
        "origin": json.dumps("PyTorch %s, float64, scripts/make_reference.py"
                             % torch.__version__.split("a")[0]),
        "input": json.dumps(network["input"]),
        "classes": str(network["classes"]),
        "model": json.dumps(network["model"]),
        "batches": rows(['{"inputs": ' + rows([sample_inputs(x) for x in batch[0]], "     ") +
                         ',\n     "labels": ' + json.dumps(batch[1].tolist()) + "}"
                         for batch in batches], "  "),
        "parameters": rows(['{"name": "%s", "shape": %s,\n     "values": %s,\n     "gradient": %s}'
                            % (name, json.dumps(list(parameter.shape)),
                               exact(hwc(parameter.data, image)), digits(hwc(parameter.grad, image)))
                            for name, parameter, image in named], "  "),
        "logits": rows([digits(sample) for sample in logits], "  "),
        "loss": "%.10g" % loss.item(),
        "training": rows(training, "  "),
    }
    return "{\n" + ",\n".join('  "%s": %s' % field for field in fields.items()) + "\n}\n"


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(__file__).resolve().parent.parent / "tests" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS:
        text = reference(network)
        json.loads(text)
        (folder / (network["name"] + ".json")).write_text(text)


if __name__ == "__main__":
    main()
