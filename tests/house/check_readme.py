#!/usr/bin/env python3
"""Checks what the READMEs say against the program: generated tables are current, named files exist.

Usage: check_readme.py [--write] INITBENCH [ROOT]
With --write the generated tables are brought up to date instead.

A generated table stands between "<!-- begin: initbench ARGUMENTS -->" and "<!-- end -->".
"""

import pathlib
import re
import subprocess
import sys

GENERATED = re.compile(r"(<!-- begin: initbench ([^>]*?) -->\n)(.*?)(<!-- end -->)", re.S)
NAMED_FILE = re.compile(r"(?<![\w/.])((?:scripts|configs|tests|src|\.ci)/[\w./-]*\w)")


def regenerated(text, program):
    def output(match):
        done = subprocess.run([program, *match.group(2).split()], check=True,
                              stdout=subprocess.PIPE, text=True)
        return match.group(1) + done.stdout.strip() + "\n" + match.group(4)
    return GENERATED.sub(output, text)


def missing_files(text, root):
    return [name for name in sorted(set(NAMED_FILE.findall(text)))
            if not (root / name).exists() and not re.search(r"NAME|<|\*", name)]


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
    if not GENERATED.search((root / "README.md").read_text(encoding="utf-8")):
        findings.append("README.md: the table of schemes is gone")
    print("\n".join(findings), end="\n" if findings else "")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
