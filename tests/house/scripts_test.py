#!/usr/bin/env python3
"""Tests of scripts/plot_run.py and scripts/sweep_parallel.sh on real runs of the program, and of
scripts/install_packages.sh on a machine that pretends.

Usage: scripts_test.py INITBENCH
"""

import os
import pathlib
import shutil
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


@unittest.skipIf(shutil.which("parallel") is None, "needs GNU parallel")
class SweepParallel(Folder):
    # ssh to a host of which the name is noted; that host is this one.
    SSH = """#!/bin/bash
echo "$1" >>"%s"
shift
[[ $1 != -- ]] || shift
exec bash -c "$*"
"""

    def setUp(self):
        super().setUp()
        self.sweep_config = self.config("sweep")
        self.arguments = ["--config", self.sweep_config, "--sweep", "seed=0..4",
                          "--sweep", 'model.init=zeros,{"scheme":"normal","std":0.5}']

    def sweep(self, *options, arguments=None, **environment):
        out = self.folder / "out"
        # Services and batch systems name no SHELL; the script must not need one.
        plain = {name: value for name, value in os.environ.items() if name != "SHELL"}
        done = subprocess.run(
            [str(SCRIPTS / "sweep_parallel.sh"), "--program", PROGRAM, *options, "--",
             *map(str, arguments or self.arguments), "--out", str(out)],
            cwd=self.folder, env=dict(plain, **environment), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        table = out / "merged" / "runs.csv"
        return done, table.read_text() if table.exists() else None

    def test_leaves_the_tables_of_a_run_without_it(self):
        done, table = self.sweep("--shards", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, str(self.folder / "out" / "merged") + "\n")
        run(PROGRAM, *self.arguments, "--out", self.folder / "local")
        run(PROGRAM, "merge", self.folder / "local")
        self.assertEqual(table, (self.folder / "local" / "merged" / "runs.csv").read_text())

    def test_runs_on_several_hosts_by_ssh(self):
        ssh = self.folder / "ssh"
        ssh.write_text(self.SSH % (self.folder / "hosts.txt"))
        ssh.chmod(0o755)
        done, table = self.sweep("--hosts", ":,node1,node2", PARALLEL_SSH=str(ssh))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(table.count(",finished,"), 10)
        hosts = (self.folder / "hosts.txt").read_text().split()
        self.assertEqual(set(hosts), {"node1", "node2"})

    def test_tells_a_mistake_in_the_config_once(self):
        done, table = self.sweep(arguments=[*self.arguments, "--set", "train.lrr=1"])
        self.assertEqual((done.returncode, table), (2, None))
        self.assertEqual(done.stderr.count("did you mean 'lr'?"), 1)

    def test_a_run_that_fails_is_listed_and_the_others_run(self):
        plan = run(PROGRAM, *self.arguments, "--out", self.folder / "out", "--dry-run").stdout
        spoiled = pathlib.Path(plan.split("\n")[1].split()[-1])
        (spoiled / "curves.csv").mkdir(parents=True)
        done, table = self.sweep()
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"{spoiled}: failed: ", done.stderr)
        self.assertEqual(table.count(",finished,"), 9)

    def test_wrong_usage(self):
        for options in (["--shards", "0"], ["--sharts", "1"], ["--hosts"]):
            done, _ = self.sweep(*options)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn("sweep_parallel: ", done.stderr)


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
