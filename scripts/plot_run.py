#!/usr/bin/python3
"""Draws one run, or several over each other, from their CSV files.

Usage: scripts/plot_run.py RUN_DIR... [--out FILE.png]

Four panels: variance of the activations' inputs by depth, gradient by those inputs by depth,
gradient by the weights by depth (each at the first and at the last logged step), and the loss.
Values that a logarithmic axis cannot show (zero, infinite, unknown) are left out and counted in the
panel. Needs matplotlib (Debian: apt-get install python3-matplotlib).
"""

import argparse
import collections
import csv
import math
import pathlib
import sys

try:
    import matplotlib
except ImportError:
    sys.exit("plot_run: needs matplotlib: apt-get install python3-matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import MaxNLocator  # noqa: E402

# Colours that people with any kind of colour vision can tell apart (Okabe & Ito 2008).
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]

DEPTH_PANELS = [
    ("pre_var", "Variance of the activation's input (pre_var)"),
    ("delta_norm", "Gradient by the activation's input (delta_norm)"),
    ("grad_weight_norm", "Gradient by the weights (grad_weight_norm)"),
]


class RunError(Exception):
    """A folder that is not a run's."""


def number(cell):
    """The value of a CSV cell; None for unknown (empty)."""
    return float(cell) if cell else None


def why_not_drawn(value):
    """What keeps a value from a logarithmic axis, or None when nothing does."""
    if value is None:
        return "unknown"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinite"
    return None if value > 0 else "zero"


def read_table(folder, name, columns):
    path = folder / name
    if not path.is_file():
        raise RunError("%s: no %s here; give the folder of one run, <out>/<name>/<run_id>%s"
                       % (folder, name, suggestion(folder)))
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [column for column in columns if column not in (reader.fieldnames or [])]
        if missing:
            raise RunError("%s: no column %s; not a file of initbench?" % (path, missing[0]))
        rows = list(reader)
    if not rows:
        raise RunError("%s: has no rows; did the run end early?" % path)
    return rows


def suggestion(folder):
    inside = sorted(folder.rglob("layers.csv"))[:1] if folder.is_dir() else []
    return "; for example %s" % inside[0].parent if inside else ""


class Run:
    """The tables of one run folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        columns = [column for column, _ in DEPTH_PANELS]
        self.layers = read_table(self.folder, "layers.csv", ["step", "layer", "name", *columns])
        self.curves = read_table(self.folder, "curves.csv", ["step", "split", "loss"])
        self.label = self.folder.resolve().parent.name
        steps = [int(row["step"]) for row in self.layers]
        self.first, self.last = min(steps), max(steps)

    def names(self):
        return [row["name"] for row in self.layers if int(row["step"]) == self.first]

    def by_depth(self, column, step):
        """One value per layer, from the input to the output."""
        return [number(row[column]) for row in self.layers if int(row["step"]) == step]

    def losses(self, split):
        rows = [row for row in self.curves if row["split"] == split]
        return [int(row["step"]) for row in rows], [number(row["loss"]) for row in rows]


def tell_apart(runs):
    """Runs of one name get their run_id as well."""
    counts = collections.Counter(run.label for run in runs)
    for run in runs:
        if counts[run.label] > 1:
            run.label += " / " + run.folder.resolve().name


def positive(values, skipped):
    """The values with NaN for those that a logarithmic axis cannot show, which are counted."""
    reasons = [why_not_drawn(value) for value in values]
    skipped.update(reason for reason in reasons if reason)
    return [math.nan if reason else value for value, reason in zip(values, reasons)]


def note_skipped(axes, skipped):
    if skipped:
        text = "not drawn: " + ", ".join("%d %s" % (n, what) for what, n in skipped.items())
        axes.text(0.99, 0.01, text, transform=axes.transAxes, ha="right", va="bottom",
                  fontsize=8, color="0.4")


def draw_depth(axes, runs, column, title):
    skipped = collections.Counter()
    for colour, run in zip(colours(runs), runs):
        steps = [run.first] if run.last == run.first else [run.first, run.last]
        for step, line, marker in zip(steps, ["-", "--"], ["o", "s"]):
            values = positive(run.by_depth(column, step), skipped)
            axes.plot(range(1, len(values) + 1), values, line, marker=marker, markersize=3.5,
                      linewidth=1.5, color=colour)
    axes.set_yscale("log")
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("layer")
    names = runs[0].names()
    if len(names) <= 9 and all(run.names() == names for run in runs):
        axes.set_xlabel("")
        axes.set_xticks(range(1, len(names) + 1))
        axes.set_xticklabels(names, rotation=30, ha="right", fontsize=8)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    note_skipped(axes, skipped)


def draw_loss(axes, runs):
    skipped = collections.Counter()
    everything = []
    for colour, run in zip(colours(runs), runs):
        for split, line, marker in (("train", "-", None), ("test", "--", "s")):
            steps, losses = run.losses(split)
            losses = positive(losses, skipped)
            drawn = [loss for loss in losses if loss > 0]
            everything += drawn
            marker = marker or ("o" if len(drawn) < 2 else None)  # a single point draws no line
            axes.plot(steps, losses, line, marker=marker, markersize=3.5, linewidth=1.5,
                      color=colour)
    if everything and max(everything) > 30 * min(everything):
        axes.set_yscale("log")
    axes.set_title("Loss", fontsize=10)
    axes.set_xlabel("step")
    note_skipped(axes, skipped)


def colours(runs):
    return [COLOURS[i % len(COLOURS)] for i in range(len(runs))]


def key(line, text, colour="0.35", marker=None):
    return plt.Line2D([], [], linestyle=line, color=colour, marker=marker, markersize=3.5,
                      label=text)


def draw(runs, out):
    figure, grid = plt.subplots(2, 2, figsize=(11, 8))
    panels = list(grid.flat)
    for axes, (column, title) in zip(panels, DEPTH_PANELS):
        draw_depth(axes, runs, column, title)
    draw_loss(panels[3], runs)
    for axes in panels:
        axes.grid(True, which="major", color="0.9", linewidth=0.8)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    if any(run.last > run.first for run in runs):
        panels[0].legend(handles=[key("-", "first logged step", marker="o"),
                                  key("--", "last logged step", marker="s")], fontsize=8)
    panels[3].legend(handles=[key("-", "train"), key("--", "test", marker="s")], fontsize=8)
    figure.legend(handles=[key("-", run.label, colour)
                           for colour, run in zip(colours(runs), runs)],
                  loc="upper center", ncol=3, fontsize=9, frameon=False)
    rows = -(-len(runs) // 3)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.012 - 0.028 * rows))
    figure.savefig(out, dpi=110)


def main():
    parser = argparse.ArgumentParser(description="Draws one run, or several over each other.")
    parser.add_argument("runs", metavar="RUN_DIR", nargs="+", help="<out>/<name>/<run_id>")
    parser.add_argument("--out", metavar="FILE", help="picture to write (png, pdf, svg); default: "
                        "plot.png in the first run's folder")
    arguments = parser.parse_args()
    try:
        runs = [Run(folder) for folder in arguments.runs]
        tell_apart(runs)
        out = arguments.out or runs[0].folder / "plot.png"
        draw(runs, out)
    except RunError as error:
        print("plot_run: %s" % error, file=sys.stderr)
        sys.exit(2)
    except (OSError, ValueError) as error:   # not writable, no such format, not a number
        print("plot_run: %s" % error, file=sys.stderr)
        sys.exit(5 if isinstance(error, OSError) else 2)
    print(out)


if __name__ == "__main__":
    main()
