#!/usr/bin/env python3
"""Checks the order of the house: which folder of src/ may include what, and a few things that may
stand only in certain folders. Usage: check_layers.py [ROOT]

Prints "file:line: what is wrong; what is allowed" and exits 1 when anything is.
"""

import pathlib
import re
import sys

# An include may only point down this list.
ORDER = ["cli", "report", "experiment", "probe", "train", "init", "theory", "data", "nn", "base"]

# Third-party headers that only some folders may see.
LIBRARIES = [
    ("CLI11", r"CLI/", ["cli"]),
    ("spdlog", r"spdlog/", ["cli", "report"]),
    ("nlohmann/json", r"nlohmann/", ["experiment", "report"]),
    ("oneDNN", r"(oneapi/)?dnnl", ["nn"]),
    ("LIBXSMM", r"libxsmm", ["nn"]),
    ("Random123", r"Random123/", ["base"]),
]
ONEDNN_FILES = 2  # its API differs between 2.x and 3.x: few places to mend

# Code (not comments or strings) that may stand only in some folders.
FORBIDDEN = [
    (r"\bstd::(ranges::)?shuffle\b", [],
     "its result differs between standard libraries; use shuffle() of base/random.h"),
    (r"\bstd::\w+_distribution\b", [],
     "its result differs between standard libraries; use Rng of base/random.h"),
    (r"\bstd::(random_device|rand|srand)\b", [], "not reproducible; use Rng of base/random.h"),
    (r"\bstd::(ofstream|fstream)\b|\bfopen\s*\([^;]*,\s*\"[wa]", ["cli", "report"],
     "nothing below report/ opens a file for writing; hand rows to report/"),
    (r"\bstd::(cout|cerr|clog)\b|\bf?(?:printf|puts)\s*\(", ["cli", "report"],
     "nothing below report/ prints; return what there is to say"),
]

MAX_LINES = 400

COMMENT_OR_STRING = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""",
    re.S)


def without_comments(text):
    """The code alone, line numbers kept. Strings shrink to their opening mode letter."""
    def blank(match):
        token = match.group()
        kept = token[:2] + '"' if token.startswith('"') and len(token) > 2 else ""
        return kept + "\n" * token.count("\n")
    return COMMENT_OR_STRING.sub(blank, text)


def includes(text):
    """(line number, header, quoted) of every include."""
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def check_includes(path, folder, text):
    rank = ORDER.index(folder)
    for number, header, quoted in includes(text):
        target = header.split("/")[0]
        if quoted and target not in ORDER:
            yield number, ('#include "%s" is not a path from src/; write it as "folder/file.h"'
                           % header)
        elif quoted and ORDER.index(target) < rank:
            yield number, ("%s/ may not include %s: allowed here are %s"
                           % (folder, header, ", ".join(ORDER[rank:])))
        for name, pattern, allowed in LIBRARIES:
            if not quoted and re.match(pattern, header) and folder not in allowed:
                yield number, ("%s is seen only in %s/" % (name, "/, ".join(allowed)))
            if name == "oneDNN" and re.match(pattern, header) and path.suffix != ".cpp":
                yield number, "oneDNN is seen only in .cpp files of nn/, never in a header"


def check_own_header_first(path, text):
    """Its own header before anything else shows that the header compiles alone."""
    own = path.parent.name + "/" + path.stem + ".h"
    if path.suffix == ".cpp" and path.with_suffix(".h").exists():
        first = next(includes(text), (1, "", True))
        if first[1] != own:
            yield first[0], 'the first include must be its own header, "%s"' % own


def check_code(folder, text):
    code = without_comments(text)
    for number, line in enumerate(code.split("\n"), 1):
        for pattern, allowed, reason in FORBIDDEN:
            match = re.search(pattern, line)
            if match and folder not in allowed:
                yield number, "%s: %s" % (match.group().strip(), reason)


def check_file(path, folder, text):
    yield from check_includes(path, folder, text)
    yield from check_own_header_first(path, text)
    yield from check_code(folder, text)
    if path.suffix == ".h" and "#pragma once" not in text:
        yield 1, "a header needs #pragma once"


def check(root):
    """All findings under root, as "file:line: message"."""
    findings = []
    onednn = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        relative = path.relative_to(root)
        folder = relative.parts[1]
        text = path.read_text(encoding="utf-8")
        if folder not in ORDER or len(relative.parts) != 3:
            findings.append("%s:1: not in a folder of the house: src/{%s}/"
                            % (relative, ",".join(ORDER)))
            continue
        findings += ["%s:%d: %s" % (relative, number, message)
                     for number, message in check_file(path, folder, text)]
        if any(re.match(r"(oneapi/)?dnnl", header) for _, header, _ in includes(text)):
            onednn.append(relative)
    if len(onednn) > ONEDNN_FILES:
        findings += ["%s:1: oneDNN in %d files; at most %d may know it"
                     % (path, len(onednn), ONEDNN_FILES) for path in onednn]
    return findings + check_lengths(root)


def check_lengths(root):
    findings = []
    for folder in ("src", "tests", "scripts"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cpp", ".py", ".sh"):
                lines = path.read_text(encoding="utf-8").count("\n")
                if lines > MAX_LINES:
                    findings.append("%s:%d: %d lines; split it by idea, at most %d"
                                    % (path.relative_to(root), MAX_LINES + 1, lines, MAX_LINES))
    return findings


def main():
    default = pathlib.Path(__file__).resolve().parent.parent.parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    findings = check(root)
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
