#!/usr/bin/env python3
"""Checks what the READMEs say against the program: generated tables are current, files that they
name exist, the example config passes `initbench check`, and the commands parse.

Usage: check_readme.py [--write] INITBENCH [ROOT]
With --write the generated tables are brought up to date instead.

A generated table stands between "<!-- begin: initbench ARGUMENTS -->" and "<!-- end -->".
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

GENERATED = re.compile(r"(<!-- begin: initbench ([^>]*?) -->\n)(.*?)(<!-- end -->)", re.S)
NAMED_FILE = re.compile(r"(?<![\w/.-])((?:scripts|configs|tests|src|\.ci)/[\w./-]*\w)")


def regenerated(text, program):
    def output(match):
        done = subprocess.run([program, *match.group(2).split()], check=True,
                              stdout=subprocess.PIPE, text=True)
        table = re.sub(r"\A## .*\n\n", "", done.stdout)  # the README has headings of its own
        return match.group(1) + table.strip() + "\n" + match.group(4)
    return GENERATED.sub(output, text)


def missing_files(text, root):
    return [name for name in sorted(set(NAMED_FILE.findall(text)))
            if not (root / name).exists() and not re.search(r"NAME|<|\*", name)]


def refused_examples(text, program, root):
    """What the program says of example configs, and of commands that run a config."""
    for example in re.findall(r"^```jsonc\n(.*?)^```", text, re.S | re.M):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(example)
            file.flush()
            yield run_quietly([program, "check", file.name], root)
    for command in re.findall(r"^build/initbench (--config .*)$", text, re.M):
        yield run_quietly([program, *shlex.split(command, comments=True), "--dry-run"], root)


def run_quietly(command, root):
    """The output of a command that fails; else nothing."""
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    return " ".join(command) + ": " + done.stdout if done.returncode else ""


def main():
    arguments = sys.argv[1:]
    write = "--write" in arguments
    arguments = [argument for argument in arguments if argument != "--write"]
    if not arguments:
        sys.exit(__doc__)
    program = str(pathlib.Path(arguments[0]).resolve())
    default = pathlib.Path(__file__).resolve().parent.parent.parent
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else default
    findings = []
    for readme in (root / "README.md", root / "src/README.md", root / "configs/README.md"):
        text = readme.read_text(encoding="utf-8")
        current = regenerated(text, program)
        if write:
            readme.write_text(current, encoding="utf-8")
        elif current != text:
            findings.append("%s: a generated table is out of date: "
                            "tests/house/check_readme.py --write build/initbench" % readme)
        findings += ["%s: names %s, which does not exist" % (readme, name)
                     for name in missing_files(current, root)]
        findings += filter(None, refused_examples(current, program, root))
    if not GENERATED.search((root / "README.md").read_text(encoding="utf-8")):
        findings.append("README.md: the table of schemes is gone")
    print("\n".join(findings), end="\n" if findings else "")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
