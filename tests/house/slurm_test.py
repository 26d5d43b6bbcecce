#!/usr/bin/env python3
"""scripts/sweep.slurm on a real Slurm: starts munged, slurmctld and slurmd of this user on this
machine alone, submits the array, kills one task and requeues it, tells another one that its time is
up, requeues a third one that is running, and compares the merged tables with those of a local run,
byte by byte.

Usage: slurm_test.py INITBENCH

Exits 77, saying why, where Debian's slurm-wlm and munge are not installed.
"""

import getpass
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DAEMONS = ["munged", "slurmctld", "slurmd"]
CLIENTS = ["sbatch", "scancel", "scontrol", "squeue"]
TASKS = 3

# Long enough to be killed in the middle: a few seconds a task.
CONFIG = """{ "name": "sweep", "data": { "dataset": "blobs", "train_size": 512, "test_size": 128 },
  "model": { "layers": [ { "type": "dense", "units": 128, "repeat": 4 }, { "type": "output" } ] },
  "train": { "lr": 0.05, "batch_size": 64, "steps": 800 }, "log": { "every": 100 },
  "sweep": { "grid": { "model.init": ["kaiming_normal", "xavier_normal"], "seed": "0..5" } } }
"""

SLURM_CONF = """
ClusterName=initbench
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,bf_interval=2
KillWait=5
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def find(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"no {what} after {seconds} s")


class Slurm:
    """A cluster of one node, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.environment = dict(os.environ, SLURM_CONF=str(folder / "slurm.conf"))

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(256))
        host = socket.gethostname().split(".")[0]
        (self.folder / "slurm.conf").write_text(SLURM_CONF.format(
            host=host, user=getpass.getuser(), folder=self.folder, controller_port=free_port(),
            node_port=free_port(), cpus=os.cpu_count()))
        files = {"key-file": key}
        for name in ("socket", "pid-file", "log-file", "seed-file"):
            files[name] = self.folder / ("munge." + name.split("-")[0])
        self.spawn("munged", "--foreground", "--force",
                   *(f"--{name}={path}" for name, path in files.items()))
        wait_for("munge socket", files["socket"].exists, 20)
        self.spawn("slurmctld", "-D")
        self.spawn("slurmd", "-D", "-N", host)
        wait_for("idle node", lambda: "State=IDLE" in self.run("scontrol", "show", "node"), 60)

    def spawn(self, name, *arguments):
        log = open(self.folder / f"{name}.out", "wb")
        self.processes.append(subprocess.Popen([find(name), *arguments], env=self.environment,
                                               stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        log.close()

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def run(self, name, *arguments, **options):
        done = subprocess.run([find(name), *arguments], env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **options)
        return done.stdout + done.stderr

    def states(self, job):
        """The state of each task by its id."""
        lines = self.run("squeue", "--job", job, "--array", "--noheader", "--states=all",
                         "--format=%K %T").split("\n")
        return dict(line.split() for line in lines if len(line.split()) == 2)

    def logs(self):
        for path in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")):
            yield f"--- {path.name}\n" + path.read_text(errors="replace")[-3000:]


def program_of(task, program):
    """The process that runs this task's shard; only children of this Slurm have its variables."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "exe").resolve() != program:
                continue
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"SLURM_ARRAY_TASK_ID={task}".encode() in variables and \
                b"INITBENCH_SLURM_TEST=%d" % os.getpid() in variables:
            return int(folder.name)
    return None


def merged(program, out):
    done = subprocess.run([program, "merge", out], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in (out / "merged").iterdir()}


def finished(out):
    return len(list(out.glob("*/*/run.json")))


def restarts(slurm, job, task):
    """How often the task was requeued; None when Slurm does not say."""
    found = re.search(r"\bRestarts=(\d+)", slurm.run("scontrol", "show", "job", f"{job}_{task}"))
    return int(found.group(1)) if found else None


def check(slurm, program, folder):
    config = folder / "sweep.json"
    config.write_text(CONFIG)
    out = folder / "results"
    slurm.environment.update(INITBENCH=str(program), INITBENCH_SLURM_TEST=str(os.getpid()))
    said = slurm.run("sbatch", "--parsable", f"--array=0-{TASKS - 1}", "--ntasks=1",
                     f"--output={folder}/task-%a.txt", ROOT / "scripts" / "sweep.slurm",
                     "--config", config, "--out", out, cwd=folder)
    job = said.strip()
    assert job.isdigit(), said

    # One task dies as on a machine that runs out of memory, in the middle of its part ...
    victim = wait_for("program of task 0", lambda: program_of(0, program), 60)
    wait_for("finished run", lambda: finished(out) > 0, 60)
    os.kill(victim, signal.SIGKILL)
    wait_for("failed task 0", lambda: slurm.states(job).get("0") == "FAILED", 60)
    print("task 0 killed with", finished(out), "runs finished", flush=True)
    print(slurm.run("scontrol", "requeue", f"{job}_0"), end="")
    # ... another one gets the signal of --signal, and requeues itself ...
    wait_for("running task 1", lambda: slurm.states(job).get("1") == "RUNNING", 120)
    wait_for("its program", lambda: program_of(1, program), 60)
    print(slurm.run("scancel", "--batch", "--signal=USR1", f"{job}_1"), end="")
    wait_for("restart of task 1", lambda: restarts(slurm, job, 1) == 1, 60)
    said = (folder / "task-1.txt").read_text()
    assert "stopped; the same command goes on from here" in said, said
    assert "the time is up, requeueing this task" in said, said
    print("task 1 requeued itself with", finished(out), "runs finished", flush=True)
    # ... and the last one is requeued while it runs, as when its node is wanted for something else.
    wait_for("running last task",
             lambda: slurm.states(job).get(str(TASKS - 1)) == "RUNNING", 120)
    wait_for("its program", lambda: program_of(TASKS - 1, program), 60)
    print(slurm.run("scontrol", "requeue", f"{job}_{TASKS - 1}"), end="")
    print("task", TASKS - 1, "requeued with", finished(out), "runs finished", flush=True)

    def all_completed():
        states = slurm.states(job)
        assert "FAILED" not in states.values(), states
        return len(states) == TASKS and set(states.values()) == {"COMPLETED"}
    wait_for("completed job", all_completed, 600)
    for task in range(TASKS):
        assert restarts(slurm, job, task) == 1, (task, restarts(slurm, job, task))

    local = folder / "local"
    subprocess.run([program, "--config", config, "--out", local, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    assert merged(program, out) == merged(program, local), "the merged tables differ"
    print("merged tables of", finished(out), "runs are equal to those of a local run")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    missing = [name for name in DAEMONS + CLIENTS if find(name) is None]
    if missing:
        print("skipped: no", ", ".join(missing), "here; scripts/install_packages.sh cluster")
        return 77
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="initbench-slurm-") as name:
        folder = pathlib.Path(name)
        slurm = Slurm(folder)
        try:
            with slurm:
                check(slurm, program, folder)
        except BaseException:
            print("\n".join(slurm.logs()))
            for path in folder.glob("task-*.txt"):
                print(f"--- {path.name}\n" + path.read_text()[-2000:])
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
