"""The Python interpreters of this machine that really run, and one way to run code beside the worker in one of them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

WORKER = Path(__file__).parents[2] / "src/modelport/worker"
MINORS = range(6, 15)

# What the worker's own first lines do: the folder becomes a private package, and no path entry leads to it.
MOUNT = """
import sys
package = type(sys)("_modelport_worker")
package.__path__ = [{folder!r}]
sys.modules["_modelport_worker"] = package
"""


@functools.cache
def interpreters() -> dict[str, str]:
    """Version word -> program, for each minor version from 3.6 on that is on the path or that pyenv has."""
    candidates = [shutil.which(f"python3.{minor}") for minor in MINORS]
    candidates += [str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))]
    found = {_version(sys.executable): sys.executable}
    for program in candidates:
        version = _version(program) if program else ""
        if version:
            found.setdefault(version, str(program))
    return dict(sorted(found.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


def _version(program: str) -> str:
    """ "3.6", or nothing where the program does not run (pyenv's switches exist for versions that are not chosen)."""
    try:
        done = subprocess.run(
            [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except OSError:
        return ""
    version = done.stdout.strip()
    is_python_3 = version.startswith("3.") and version[2:].isdigit() and int(version[2:]) in MINORS
    return version if done.returncode == 0 and is_python_3 else ""


def run_beside_worker(
    code: str, directory: Path, python: str = sys.executable, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter in `directory`, with the worker mounted as `_modelport_worker`."""
    program = MOUNT.format(folder=str(WORKER)) + textwrap.dedent(code)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZUREML_", "AML_", "PYTHON"))}
    return subprocess.run(
        [python, "-W", "error::DeprecationWarning", "-c", program],
        cwd=directory,
        env={**clean, "PYTHONDONTWRITEBYTECODE": "1", **(environ or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def lines_of(code: str, directory: Path, **options: object) -> list[str]:
    """The lines that the code printed; fails with its traceback where it did not end well."""
    done = run_beside_worker(code, directory, **options)  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
