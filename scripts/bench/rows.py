"""What is compared: one row per network, described once for both programs."""

import dataclasses

CLASSES = 10
MNIST_SIDE = 28


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    layers: tuple  # as in a config: dicts with "type"
    batch: int
    wanted: float  # initbench at least so many times faster than PyTorch
    side: int = MNIST_SIDE  # of its square images
    log_every: int = 10
    steps: int = 200
    runs: int = 0  # 0: a step is timed; else so many whole runs, files and start of the process too
    jobs: int = 1  # at a time: jobs of initbench, processes of PyTorch


def dense(units, repeat):
    return [{"type": "dense", "units": units, "repeat": repeat}]


def convolution(channels, repeat=1, kernel=3, padding="same"):
    return [{"type": "conv2d", "channels": channels, "kernel": kernel, "padding": padding,
             "repeat": repeat}]


POOL = [{"type": "max_pool2d", "size": 2}]
OUTPUT = [{"type": "output"}]

ROWS = [
    Row("mlp_256x8", "MLP 784-256x8-10, batch 128", tuple(dense(256, 8) + OUTPUT), 128, 1.8),
    Row("mlp_100x10", "MLP 784-100x10-10, batch 64", tuple(dense(100, 10) + OUTPUT), 64, 3.0,
        steps=600),
    Row("mlp_512x20", "MLP 784-512x20-10, batch 128", tuple(dense(512, 20) + OUTPUT), 128, 1.3,
        steps=40),
    Row("mlp_64x50", "MLP 784-64x50-10, batch 64, statistics every step",
        tuple(dense(64, 50) + OUTPUT), 64, 12.0, log_every=1, steps=200),
    Row("lenet", "LeNet, batch 64",
        tuple(convolution(6, kernel=5) + POOL + convolution(16, kernel=5, padding="valid") + POOL
              + dense(120, 1) + dense(84, 1) + OUTPUT), 64, 4.0, steps=200),
    Row("cnn_32x10", "CNN 10 x conv 32@3 (28 -> 14 -> 7), batch 64",
        tuple(convolution(32) + POOL + convolution(32) + POOL + convolution(32, 8) + OUTPUT), 64,
        1.8, steps=60),
    Row("cnn_64x20", "CNN 20 x conv 64@3 (28 -> 14 -> 7), batch 64",
        tuple(convolution(64) + POOL + convolution(64) + POOL + convolution(64, 18) + OUTPUT), 64,
        1.4, steps=20),
]

WHOLE = [
    dataclasses.replace(ROWS[0], name="process", wanted=3.0, runs=1,
                        title="whole process: 200 steps of MLP 784-256x8-10, start to files"),
    Row("sweep", "sweep: 100 runs of MLP 16-64x4-10, 200 steps, two at a time",
        tuple(dense(64, 4) + OUTPUT), 64, 10.0, side=4, runs=100, jobs=2),
]
ALL = ROWS + WHOLE


def single_layers(row):
    """The layers one by one, without `repeat`."""
    for layer in row.layers:
        for _ in range(layer.get("repeat", 1)):
            yield {key: value for key, value in layer.items() if key != "repeat"}


def flops_per_step(row, classes=CLASSES):
    """Multiplications and additions of all products and convolutions of a training step: forward,
    by weights, and by inputs except for the first layer's."""
    total, features, channels, side, first = 0, row.side * row.side, 1, row.side, True
    for layer in single_layers(row):
        if layer["type"] == "conv2d":
            kernel = layer["kernel"]
            side = side if layer["padding"] == "same" else side - kernel + 1
            size = 2 * side * side * kernel * kernel * channels * layer["channels"]
            channels = layer["channels"]
            features = side * side * channels
        elif layer["type"] == "max_pool2d":
            side //= layer["size"]
            features = side * side * channels
            continue
        else:
            units = layer.get("units", classes)
            size = 2 * features * units
            features = units
        total += size * (2 if first else 3)
        first = False
    return total * row.batch
