#!/usr/bin/env python3
"""Runs clang-tidy on every .cpp of src/ that changed since it last passed.

Usage: check_tidy.py BUILD_FOLDER [ROOT]

A file that passed leaves a stamp in BUILD_FOLDER/tidy with a hash of all that the verdict depends
on: the file, the headers of the project that it includes, its compile command, .clang-tidy and
clang-tidy's version. Exits 1 with clang-tidy's findings when there are any.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys


def entries_by_file(build, root):
    """One entry of the compile database for each .cpp of src/: not the double-precision variant, and
    without g++'s precompiled headers, which clang cannot read."""
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if root / "src" in path.parents and "INITBENCH_DOUBLE" not in entry["command"]:
            command = re.sub(r" (-Winvalid-pch|-include \S*cmake_pch\.hxx)", "", entry["command"])
            entries.setdefault(path, {**entry, "command": command})
    return entries


def with_project_headers(path, source, seen):
    """`path` and the headers under `source` that it includes, directly or not."""
    if path in seen or not path.exists():
        return seen
    seen.add(path)
    for header in re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(), re.M):
        with_project_headers(source / header, source, seen)
    return seen


def key_of(path, command, root, context):
    digest = hashlib.sha256(context + command.encode())
    for file in sorted(with_project_headers(path, root / "src", set())):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def tidy(path, database):
    done = subprocess.run(["clang-tidy", "-p", str(database), "--quiet", str(path)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode == 0:
        return ""
    return done.stdout.strip() or done.stderr.strip() or "clang-tidy failed without a word"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    default = pathlib.Path(__file__).resolve().parent.parent.parent
    root = (pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else default).resolve()
    if not shutil.which("clang-tidy"):
        sys.exit("clang-tidy is missing: scripts/install_packages.sh test")
    entries = entries_by_file(build, root)
    if not entries:
        sys.exit("no .cpp of src/ in %s/compile_commands.json" % build)

    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE).stdout
    context = version + (root / ".clang-tidy").read_bytes()
    work = build / "tidy"
    work.mkdir(exist_ok=True)
    # With the full database clang-tidy would look at a file once for each of its variants.
    (work / "compile_commands.json").write_text(json.dumps(list(entries.values())))
    pending = {}
    for path, entry in entries.items():
        stamp = work / (str(path.relative_to(root / "src")).replace("/", "_") + ".passed")
        key = key_of(path, entry["command"], root, context)
        if not stamp.exists() or stamp.read_text() != key:
            pending[path] = (stamp, key)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {pool.submit(tidy, path, work): path for path in pending}
        for run in concurrent.futures.as_completed(runs):
            stamp, key = pending[runs[run]]
            if run.result():
                failed += 1
                print(run.result(), flush=True)
            else:
                stamp.write_text(key)
    print("clang-tidy: %d files, %d looked at, %d with findings"
          % (len(entries), len(pending), failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
