"""What the probe reads of an installed distribution; it runs as a program, as it does in earnest."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from modelport.environments.interpreters import PROBE


def test_a_folded_line_of_the_header_is_no_field(tmp_path):
    folder = tmp_path / "likescipy-1.2.dist-info"
    folder.mkdir()
    header = "Name: likescipy\nVersion: 1.2\nLicense: BSD\n        Name: OpenBLAS\n        Version: 9\n\nName: body\n"
    (folder / "METADATA").write_text(header)
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, PROBE, "packages"], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    found = {package["name"]: package["version"] for package in json.loads(done.stdout)["packages"]}
    assert found.get("likescipy") == "1.2"
    assert "OpenBLAS" not in found
