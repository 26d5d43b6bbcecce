"""Processes and their times."""

import os
import subprocess
import tempfile
import time


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
