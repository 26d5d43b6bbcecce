"""initbench as its users run it: a config, a process, files."""

import csv
import json
import pathlib

import processes

LR = 0.001
SHORT = 10  # steps of the run that is subtracted: start, data and the first allocations


class Program:
    def __init__(self, path, folder):
        self.path, self.folder = str(path), pathlib.Path(folder)

    def config(self, row, data, steps, **log):
        config = {"name": row.name, "data": data,
                  "model": {"init": "kaiming_normal", "activation": "relu",
                            "layers": list(row.layers)},
                  "train": {"optimizer": "sgd", "lr": LR, "batch_size": row.batch, "steps": steps,
                            "shuffle": False},
                  "log": {"every": row.log_every, **log}}
        path = self.folder / ("%s_%d.json" % (row.name, steps))
        path.write_text(json.dumps(config))
        return path

    def run(self, config, *flags):
        """(wall seconds, processor seconds, last line of stdout) of one process."""
        wall, cpu, output = processes.run_all([
            [self.path, "--config", str(config), "--out", str(self.folder / "runs"), "--force",
             "--no-progress", *flags]])
        return wall, cpu, output.strip().split("\n")[-1]

    def seconds_per_step(self, row, data, clock, *flags):
        """Of whole processes: (a run of SHORT + row.steps steps - a run of SHORT) / row.steps."""
        times = []
        for steps in (SHORT, SHORT + row.steps):
            wall, cpu, _ = self.run(self.config(row, data, steps), *flags)
            times.append(wall if clock == "wall" else cpu)
        return (times[1] - times[0]) / row.steps

    def first_losses(self, row, data, steps):
        """The file of initial weights, and the losses of the first steps."""
        path = self.config(row, data, steps, weights="init", every=1)
        directory = pathlib.Path(self.run(path)[2])
        with open(directory / "curves.csv", newline="", encoding="utf-8") as file:
            losses = [float(line["loss"]) for line in csv.DictReader(file)
                      if line["split"] == "train"]
        return directory / "weights_init.safetensors", losses[:steps]
