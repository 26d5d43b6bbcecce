#!/usr/bin/env python3
"""Tests that the house checks find what they are for: each on a small tree with one thing wrong."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Tree(unittest.TestCase):
    """A temporary project; `run_check` gives a check's exit code and output on it."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        self.write("src/nn/layer.h", '#pragma once\n#include "base/types.h"\n')
        for name in (".clang-format", ".clang-tidy"):
            shutil.copy(ROOT / name, self.root)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run_check(self, script, *arguments):
        done = subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout


class Layers(Tree):
    def expect_finding(self, path, text, expected):
        self.write(path, text)
        code, output = self.run_check("check_layers.py", self.root)
        self.assertEqual(code, 1)
        self.assertIn(expected, output)

    def test_a_sound_tree_passes(self):
        self.assertEqual(self.run_check("check_layers.py", self.root), (0, ""))

    def test_an_include_that_points_up_is_named_with_file_and_line(self):
        self.expect_finding("src/nn/bad.cpp", '#include <vector>\n#include "train/trainer.h"\n',
                            "src/nn/bad.cpp:2: nn/ may not include train/trainer.h: "
                            "allowed here are nn, base")

    def test_an_include_that_is_not_a_path_from_src(self):
        self.expect_finding("src/nn/bad.cpp", '#include "layer.h"\n', "is not a path from src/")

    def test_a_file_outside_the_folders(self):
        self.expect_finding("src/utils/bad.h", "#pragma once\n", "not in a folder of the house")

    def test_libraries_stay_in_their_folders(self):
        for header, library in (("CLI/CLI.hpp", "CLI11"), ("spdlog/spdlog.h", "spdlog"),
                                ("nlohmann/json.hpp", "nlohmann/json"),
                                ("Random123/threefry.h", "Random123"),
                                ("oneapi/dnnl/dnnl.hpp", "oneDNN"),
                                ("libxsmm_generator.h", "LIBXSMM")):
            self.expect_finding("src/train/bad.cpp", "#include <%s>\n" % header,
                                "src/train/bad.cpp:1: %s is seen only in" % library)

    def test_onednn_in_a_header_or_in_a_third_file(self):
        self.expect_finding("src/nn/bad.h", "#pragma once\n#include <oneapi/dnnl/dnnl.hpp>\n",
                            "never in a header")
        for name in "ab":
            self.write("src/nn/%s.cpp" % name, "#include <oneapi/dnnl/dnnl.hpp>\n")
        self.expect_finding("src/nn/c.cpp", "", "oneDNN in 3 files")

    def test_a_cpp_includes_its_own_header_first(self):
        self.expect_finding("src/nn/layer.cpp", '#include <vector>\n#include "nn/layer.h"\n',
                            "must be its own header")

    def test_randomness_of_the_standard_library(self):
        for code in ("std::shuffle(a, b, c);", "std::normal_distribution<double> d;",
                     "std::random_device d;"):
            self.expect_finding("src/data/bad.cpp", code + "\n", "src/data/bad.cpp:1: std::")

    def test_comments_and_strings_are_not_code(self):
        self.write("src/data/good.cpp",
                   '// no std::shuffle\n/* std::random_device\n */\nauto s = "std::shuffle//";\n')
        self.assertEqual(self.run_check("check_layers.py", self.root), (0, ""))

    def test_writing_and_printing_below_report(self):
        self.expect_finding("src/probe/bad.cpp", "\nstd::ofstream out(path);\n",
                            "src/probe/bad.cpp:2: std::ofstream")
        self.expect_finding("src/probe/bad.cpp", 'auto f = fopen(path, "wb");\n', "opens a file")
        self.expect_finding("src/probe/bad.cpp", "std::cerr << 1;\n", "prints")
        self.write("src/probe/bad.cpp", 'auto f = fopen(path, "rb"); snprintf(a, 1, "%d", 1);\n')
        self.assertEqual(self.run_check("check_layers.py", self.root), (0, ""))

    def test_a_header_without_pragma_once(self):
        self.expect_finding("src/nn/bad.h", "struct A {};\n", "#pragma once")

    def test_a_file_that_is_too_long(self):
        self.expect_finding("src/nn/bad.cpp", "\n" * 401, "401 lines")


class Format(Tree):
    def test_finds_what_clang_format_would_change(self):
        self.assertEqual(self.run_check("check_format.py", self.root), (0, ""))
        self.write("src/nn/bad.cpp", "int  a ;\n")
        code, output = self.run_check("check_format.py", self.root)
        self.assertEqual(code, 1)
        self.assertIn("src/nn/bad.cpp:1", output)


class Tidy(Tree):
    GOOD = '#include "nn/layer.h"\nint half(int a) { return a / 2; }\n'
    BAD = "int half(int a) {\n  if (a > 0) return 1;\n  else if (a > 0) return 1;\n  return 0;\n}\n"

    def setUp(self):
        super().setUp()
        self.write("src/base/types.h", "#pragma once\n")
        self.write("src/nn/a.cpp", self.GOOD)
        self.write("build/compile_commands.json", json.dumps([{
            "directory": str(self.root), "file": "src/nn/a.cpp",
            "command": "clang++ -std=c++20 -Isrc -c src/nn/a.cpp"}]))

    def tidy(self):
        return self.run_check("check_tidy.py", self.root / "build", self.root)

    def test_finds_a_bug_until_it_is_mended(self):
        self.write("src/nn/a.cpp", self.BAD)
        for _ in range(2):  # a failure leaves no stamp
            code, output = self.tidy()
            self.assertEqual(code, 1)
            self.assertIn("src/nn/a.cpp:3", output)
        self.write("src/nn/a.cpp", self.GOOD)
        self.assertEqual(self.tidy()[0], 0)

    def test_looks_again_only_when_the_file_or_a_header_changed(self):
        self.assertIn("1 looked at", self.tidy()[1])
        self.assertIn("0 looked at", self.tidy()[1])
        self.write("src/base/types.h", "#pragma once\nusing Index = long;\n")
        self.assertIn("1 looked at", self.tidy()[1])


class Readme(Tree):
    PROGRAM = """#!/bin/sh
case "$1" in list) printf '## %s\\n\\n| a |\\n' "$2" ;; check) grep -q good "$2" ;; *) [ "$2" = good ] ;; esac
"""
    TEXT = """scripts/there.sh
<!-- begin: initbench list schemes -->
| a |
<!-- end -->
```jsonc
good
```
build/initbench --config good
"""

    def setUp(self):
        super().setUp()
        self.write("program", self.PROGRAM)
        (self.root / "program").chmod(0o755)
        self.write("scripts/there.sh", "")
        self.write("src/README.md", "")
        self.write("configs/README.md", "")

    def check(self, text, *flags):
        self.write("README.md", text)
        return self.run_check("check_readme.py", *flags, self.root / "program", self.root)

    def test_what_is_true_passes(self):
        self.assertEqual(self.check(self.TEXT), (0, ""))

    def test_a_table_that_is_out_of_date_is_found_and_mended(self):
        old = self.TEXT.replace("| a |", "| old |")
        code, output = self.check(old)
        self.assertEqual(code, 1)
        self.assertIn("out of date", output)
        self.assertEqual(self.check(old, "--write")[0], 0)
        self.assertEqual((self.root / "README.md").read_text(), self.TEXT)

    def test_a_file_an_example_or_a_command_that_is_wrong(self):
        for right, wrong, expected in (("there.sh", "gone.sh", "names scripts/gone.sh"),
                                       ("jsonc\ngood", "jsonc\nbad", "program check"),
                                       ("config good", "config bad", "--config bad --dry-run")):
            code, output = self.check(self.TEXT.replace(right, wrong))
            self.assertEqual(code, 1)
            self.assertIn(expected, output)


if __name__ == "__main__":
    unittest.main()
