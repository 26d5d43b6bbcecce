"""What the benchmarks print and leave: a Markdown table, and the figures behind it as JSON."""

import json
import os
import pathlib
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def add_arguments(parser, repetitions):
    parser.add_argument("--repetitions", type=int, default=repetitions)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench")


def spread(values, form):
    """Median, smallest and largest."""
    return "%s (%s-%s)" % tuple(form % value for value in (statistics.median(values), min(values),
                                                          max(values)))


def show_load():
    """Other load makes wall times meaningless."""
    print("load of the machine before: %.1f %.1f %.1f" % os.getloadavg(), flush=True)


def table(head, lines):
    """Markdown; the first column to the left."""
    separator = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| %s |" % " | ".join(map(str, line)) for line in [head, separator, *lines]) + "\n"


def write_spreads(folder, name, items):
    """Prints (what, its values, the form of one) as they come, and writes all."""
    figures, lines = {}, []
    for what, values, form in items:
        figures[what] = values
        lines.append((what, spread(values, form)))
        print("%s: %s" % lines[-1], flush=True)
    write(folder, name, figures, table(("", "median (smallest-largest)"), lines))


def write(folder, name, figures, markdown):
    """NAME.json and NAME.md in the folder; prints the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (name + ".json")).write_text(json.dumps(figures, indent=2) + "\n")
    (folder / (name + ".md")).write_text(markdown)
    print("\n%s\n%s" % (markdown, folder / (name + ".md")))
