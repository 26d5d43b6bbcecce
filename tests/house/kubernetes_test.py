#!/usr/bin/env python3
"""scripts/sweep_kubernetes.yaml against the models that the Kubernetes project generates from its
API's schema (Debian's python3-kubernetes), and against what initbench asks of it.

Usage: kubernetes_test.py INITBENCH

Exits 77, saying why, where python3-kubernetes is not installed.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest

try:
    import kubernetes.client
    import yaml
except ImportError:
    print("skipped: no python3-kubernetes here; scripts/install_packages.sh cluster")
    sys.exit(77)

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
MANIFEST = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts/sweep_kubernetes.yaml"


def read_as_job(document):
    """The document as the API's models understand it; raises for missing and impossible values."""
    response = types.SimpleNamespace(data=json.dumps(document))
    with kubernetes.client.ApiClient() as client:
        job = client.deserialize(response, "V1Job")
        return client.sanitize_for_serialization(job)


class Manifest(unittest.TestCase):
    def setUp(self):
        self.document = yaml.safe_load(MANIFEST.read_text())
        self.spec = self.document["spec"]
        self.container = self.spec["template"]["spec"]["containers"][0]
        self.environment = {one["name"]: one["value"] for one in self.container["env"]}

    def test_says_nothing_that_the_api_does_not_know(self):
        self.assertEqual(read_as_job(self.document), self.document)

    def test_would_not_pass_with_a_field_misspelt_or_missing(self):
        self.spec["completionmode"] = self.spec.pop("completionMode")
        self.assertNotEqual(read_as_job(self.document), self.document)
        del self.container["name"]
        with self.assertRaises(ValueError):
            read_as_job(self.document)

    def test_has_as_many_shards_as_completions(self):
        self.assertEqual(self.spec["completionMode"], "Indexed")
        self.assertEqual(self.environment["INITBENCH_SHARDS"], str(self.spec["completions"]))

    def test_mounts_the_volumes_that_it_names(self):
        volumes = {volume["name"] for volume in self.spec["template"]["spec"]["volumes"]}
        self.assertEqual({mount["name"] for mount in self.container["volumeMounts"]}, volumes)

    def test_runs_a_shard_with_these_arguments(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "sweep.json"
            config.write_text("""{ "model": { "layers": [ { "type": "output" } ] },
              "train": { "steps": 1 }, "sweep": { "grid": { "seed": "0..7" } } }""")
            arguments = [one.replace("/config", folder).replace("/results", folder + "/results")
                         for one in self.container["args"]]
            done = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True,
                                  env=dict(self.environment, JOB_COMPLETION_INDEX="3"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("shard 3/4: 2 of 8 runs", done.stderr)


if __name__ == "__main__":
    unittest.main()
