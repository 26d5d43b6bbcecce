"""initbench as its users run it: a config, a process, files."""

import csv
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import time

import torch


def read_safetensors(path):
    """Tensors by name."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length].decode("utf-8"))
    header.pop("__metadata__", None)
    data = bytearray(content[8 + length:])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors


def run_all(commands):
    """(wall seconds, processor seconds, stdout of the last) of processes started together."""
    started, cpu, output = time.perf_counter(), 0.0, ""
    with tempfile.TemporaryFile() as errors:
        processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=errors) for command in commands]
        for process in processes:
            output = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu += usage.ru_utime + usage.ru_stime
        wall = time.perf_counter() - started
        for process in processes:
            process.stdout.close()
            if process.returncode != 0:
                errors.seek(0)
                raise RuntimeError("%s\n%s" % (errors.read().decode(), process.args))
    return wall, cpu, output


class Program:
    def __init__(self, path, folder):
        self.path, self.folder = path, pathlib.Path(folder)

    def config(self, row, data, lr, steps, **log):
        config = {"name": row.name, "data": data,
                  "model": {"init": "kaiming_normal", "activation": "relu",
                            "layers": list(row.layers)},
                  "train": {"optimizer": "sgd", "lr": lr, "batch_size": row.batch, "steps": steps,
                            "shuffle": False},
                  "log": {"every": row.log_every, **log}}
        path = self.folder / ("%s_%d.json" % (row.name, steps))
        path.write_text(json.dumps(config))
        return path

    def run(self, config, *flags):
        """(wall seconds, processor seconds, last line of stdout) of one process."""
        wall, cpu, output = run_all([[self.path, "--config", str(config), "--out",
                                      str(self.folder / "runs"), "--force", "--no-progress", *flags]])
        return wall, cpu, output.strip().split("\n")[-1]

    def first_losses(self, row, data, lr, steps):
        """Initial weights by name, and the losses of the first steps."""
        path = self.config(row, data, lr, steps, weights="init", every=1)
        directory = pathlib.Path(self.run(path)[2])
        with open(directory / "curves.csv", newline="", encoding="utf-8") as file:
            losses = [float(line["loss"]) for line in csv.DictReader(file)
                      if line["split"] == "train"]
        return read_safetensors(directory / "weights_init.safetensors"), losses[:steps]
