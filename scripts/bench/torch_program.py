#!/usr/bin/env python3
"""A whole PyTorch program, as a user would write it: reads IDX files, trains one network after
another, writes losses and statistics as CSV. One thread.

Usage: torch_program.py JOB.json, with {"row": NAME, "seeds": [...], "steps": N, "lr": X,
"images": FILE, "labels": FILE, "out": FOLDER}
"""

import csv
import json
import pathlib
import sys

import torch

import rows
import torch_side


def read_idx(path, header):
    return torch.frombuffer(bytearray(pathlib.Path(path).read_bytes()[header:]), dtype=torch.uint8)


def read_data(images, labels, side):
    """Standardized images (sample, 1, height, width) and labels."""
    pixels = read_idx(images, 16).float().reshape(-1, 1, side, side) / 255
    return (pixels - pixels.mean()) / pixels.std(unbiased=False), read_idx(labels, 8).long()


def write_rows(path, table):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(table)


def train(job, row, seed, inputs, labels):
    torch.manual_seed(seed)
    training = torch_side.Training(row, None, inputs, labels, job["lr"])
    for module, _ in training.watch.layers:
        torch.nn.init.kaiming_normal_(module.weight)
        torch.nn.init.zeros_(module.bias)
    losses, table = training.run(job["steps"])
    out = pathlib.Path(job["out"]) / str(seed)
    out.mkdir(parents=True)
    write_rows(out / "curves.csv", [[index * row.log_every, loss]
                                    for index, loss in enumerate(losses)])
    write_rows(out / "layers.csv", [[index * row.log_every, *layer]
                                    for index, layer in enumerate(table)])


def main():
    torch.set_num_threads(1)
    job = json.loads(pathlib.Path(sys.argv[1]).read_text())
    row = next(row for row in rows.ALL if row.name == job["row"])
    inputs, labels = read_data(job["images"], job["labels"], row.side)
    for seed in job["seeds"]:
        train(job, row, seed, inputs, labels)


if __name__ == "__main__":
    main()
