#!/usr/bin/env python3
"""Tests of scripts/plot_run.py and scripts/sweep.sh on real runs of the program, and of
scripts/install_packages.sh on a machine that pretends.

Usage: scripts_test.py INITBENCH
"""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"

CONFIG = """{ "name": "%s", "data": { "dataset": "blobs", "train_size": 64, "test_size": 32 },
  "model": { "init": "%s", "activation": "%s",
             "layers": [ { "type": "dense", "units": 8, "repeat": 3 }, { "type": "output" } ] },
  "train": { "optimizer": "sgd", "lr": %s, "batch_size": 32, "steps": %d }, "log": { "every": 1 } }
"""


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run(*command):
    return subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Folder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def config(self, name, init="kaiming_normal", activation="relu", lr="0.05", steps=4):
        path = self.folder / (name + ".json")
        path.write_text(CONFIG % (name, init, activation, lr, steps))
        return path

    def trained(self, config):
        done = run(PROGRAM, "--config", config, "--out", self.folder / "runs")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip().split("\n")[-1]


class Plot(Folder):
    def plot(self, *runs):
        picture = self.folder / "plot.png"
        done = run(sys.executable, SCRIPTS / "plot_run.py", *runs, "--out", picture)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, str(picture) + "\n")
        self.assertEqual(picture.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(done.stderr, "")

    def test_one_run(self):
        self.plot(self.trained(self.config("one")))

    def test_several_runs_over_each_other(self):
        self.plot(self.trained(self.config("one")), self.trained(self.config("two", steps=0)))

    def test_zeros_and_infinities_of_a_run(self):
        self.plot(self.trained(self.config("zeros", init="zeros", activation="tanh")))
        self.plot(self.trained(self.config("diverged", lr="1e20", steps=30)))

    def test_a_folder_that_is_no_run_is_refused_with_a_hint(self):
        directory = pathlib.Path(self.trained(self.config("one")))
        for folder in (self.folder / "nowhere", directory.parent):
            done = run(sys.executable, SCRIPTS / "plot_run.py", folder)
            self.assertEqual(done.returncode, 2)
            self.assertIn("no layers.csv here; give the folder of one run", done.stderr)
        self.assertIn(str(directory), done.stderr)

    def test_a_table_without_rows_is_refused(self):
        directory = pathlib.Path(self.trained(self.config("one")))
        header = (directory / "layers.csv").read_text().split("\n")[0] + "\n"
        (directory / "layers.csv").write_text(header)
        done = run(sys.executable, SCRIPTS / "plot_run.py", directory)
        self.assertEqual(done.returncode, 2)
        self.assertIn("has no rows", done.stderr)


class Sweep(Folder):
    def sweep(self, *arguments):
        done = run(SCRIPTS / "sweep.sh", "--program", PROGRAM, "--out", self.folder / "out",
                   *arguments)
        table = self.folder / "out" / "sweep.csv"
        rows = read_csv(table) if table.exists() else []
        return done, rows

    def test_one_row_a_run_in_the_order_asked_for_at_any_number_of_jobs(self):
        configs = [self.config("b"), self.config("a", steps=0)]
        for jobs in (1, 3):
            done, rows = self.sweep("--seeds", "3..4", "--jobs", jobs, *configs)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, "%s\n" % (self.folder / "out/sweep.csv"))
            self.assertEqual([(row["config"], row["seed"]) for row in rows],
                             [(str(config), seed) for config in configs for seed in "34"])
            self.assertEqual({row["status"] for row in rows}, {"finished"})

    def test_the_figures_are_those_of_the_run(self):
        _, rows = self.sweep(self.config("a"))
        curves = read_csv(rows[0]["directory"] + "/curves.csv")
        test = [row for row in curves if row["split"] == "test"][-1]
        train = [row for row in curves if row["split"] == "train"][-1]
        self.assertEqual(rows[0]["train_loss"], train["loss"])
        self.assertEqual(rows[0]["test_loss"], test["loss"])
        self.assertEqual(rows[0]["test_accuracy"], test["accuracy"])
        self.assertEqual(rows[0]["run_id"], pathlib.Path(rows[0]["directory"]).name)
        self.assertEqual(rows[0]["seed"], "0")  # the config's own

    def test_a_run_that_fails_is_recorded_and_the_others_run(self):
        bad = self.config("bad, worse", init="kaiming_norml")
        done, rows = self.sweep("--seeds", "0..1", bad, self.config("good"))
        self.assertEqual(done.returncode, 3)
        self.assertEqual([row["status"] for row in rows],
                         ["failed", "failed", "finished", "finished"])
        self.assertEqual(rows[0]["config"], str(bad))
        self.assertIn("exit code 2", rows[0]["message"])
        self.assertIn("kaiming_normal", rows[0]["message"])

    def test_arguments_after_two_dashes_go_to_the_program(self):
        _, rows = self.sweep(self.config("a"), "--", "--set", "train.steps=2")
        curves = pathlib.Path(rows[0]["directory"], "curves.csv").read_text()
        self.assertIn(",2,", curves.strip().split("\n")[-1])

    def test_diverged_is_a_result(self):
        done, rows = self.sweep(self.config("diverged", lr="1e20", steps=30))
        self.assertEqual((done.returncode, rows[0]["status"]), (0, "diverged"))

    def test_wrong_usage(self):
        for arguments in ([], ["--seeds", "4..1", "a.json"], ["--jobs", "0", "a.json"],
                          ["--sedes", "1", "a.json"], ["a.json", "--seeds"]):
            done, _ = self.sweep(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn("sweep: ", done.stderr)


class Install(Folder):
    """With programs in PATH that pretend: everything but spdlog is installed."""

    INSTALLED = """shift 2
for p in "$@"; do [ $p = libspdlog-dev ] || printf '%s=installed ' $p; done
"""

    def setUp(self):
        super().setUp()
        for name in ("bash", "env"):
            os.symlink("/usr/bin/" + name, self.folder / name)
        self.pretend("dpkg-query", self.INSTALLED)
        self.pretend("apt-get", 'echo "$@" >>%s/calls' % self.folder)
        self.pretend("id", "echo 0")

    def pretend(self, name, body):
        (self.folder / name).write_text("#!/bin/sh\n" + body)
        (self.folder / name).chmod(0o755)

    def install(self):
        return subprocess.run([str(SCRIPTS / "install_packages.sh"), "test"],
                              env={"PATH": str(self.folder)}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def calls(self):
        path = self.folder / "calls"
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def test_asks_for_what_is_missing_alone(self):
        self.assertEqual(self.install().returncode, 0)
        self.assertEqual(self.calls(),
                         ["-q update", "-q -y --no-install-recommends install libspdlog-dev"])

    def test_does_nothing_when_all_is_there(self):
        self.pretend("dpkg-query", self.INSTALLED.replace("[ $p = libspdlog-dev ] || ", ""))
        self.assertEqual(self.install().returncode, 0)
        self.assertEqual(self.calls(), [])

    def test_without_rights_says_what_to_ask_for(self):
        self.pretend("id", "echo 1000")
        done = self.install()
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install --no-install-recommends libspdlog-dev", done.stderr)
        self.assertEqual(self.calls(), [])

    def test_uses_sudo_where_there_is_one(self):
        self.pretend("id", "echo 1000")
        self.pretend("sudo", 'echo sudo >>%s/calls; "$@"' % self.folder)
        self.assertEqual(self.install().returncode, 0)
        self.assertEqual([call.split()[0] for call in self.calls()], ["sudo", "-q", "sudo", "-q"])


if __name__ == "__main__":
    unittest.main()
