"""The root package: complete, sorted, and light. Each check runs in a fresh interpreter, because imports stick."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# What the first page of the documentation promises at the root, besides the exceptions.
PROMISED = {
    "Workspace",
    "Model",
    "Run",
    "Environment",
    "CondaDependencies",
    "InferenceConfig",
    "Webservice",
    "LocalWebservice",
}
HEAVY = {"sqlalchemy", "rich", "alembic", "cryptography", "urllib3", "uvloop", "httptools", "yaml", "numpy"}


def in_fresh_python(root, code):
    """What `code` prints as JSON, in a new interpreter that sees the source."""
    path = f"import sys; sys.path.insert(0, {str(root / 'src')!r})\n"
    done = subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_import_modelport_loads_only_the_standard_library(root):
    loaded = in_fresh_python(
        root,
        "import json\nbefore = set(sys.modules)\nimport modelport\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in set(sys.modules) - before})))",
    )
    assert [name for name in loaded if name not in sys.stdlib_module_names and name != "modelport"] == []


def test_root_names_are_sorted_complete_and_importable(root):
    names = in_fresh_python(
        root,
        "import json, modelport\nfor name in modelport.__all__: getattr(modelport, name)\n"
        "print(json.dumps(modelport.__all__))",
    )
    assert names == sorted(names, key=str.casefold)
    assert len(names) == len(set(names))
    assert sorted(PROMISED - set(names)) == []


def test_root_lists_every_error(root):
    missing = in_fresh_python(
        root,
        "import json, modelport, modelport.errors as errors\n"
        "names = [name for name, value in vars(errors).items() if isinstance(value, type)"
        " and issubclass(value, errors.ModelportError)]\n"
        "print(json.dumps(sorted(set(names) - set(modelport.__all__))))",
    )
    assert missing == []


def test_dir_of_the_root_shows_the_public_names(root):
    code = "import json, modelport\nprint(json.dumps(sorted(set(modelport.__all__) - set(dir(modelport)))))"
    assert in_fresh_python(root, code) == []


@pytest.mark.parametrize("arguments", [["--help"], ["model", "--help"], ["serve", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(root, arguments):
    loaded = in_fresh_python(
        root,
        f"import json, io, contextlib\nfrom modelport.cli import main\nsys.argv = ['modelport', *{arguments!r}]\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main()\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))",
    )
    assert sorted(HEAVY & set(loaded)) == []
