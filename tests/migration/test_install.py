"""The file in site-packages: every program of the environment finds Modelport, and only where nobody else answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelport.errors import ConflictError, StorageError
from modelport.migration.install import FILE_NAME, Installation, install, installation, uninstall
from modelport.v1_imports.stand_ins import STAND_INS

REAL = "azureml_core-1.61.0.dist-info"


def in_new_python(site_packages, code):
    """What a new Python prints in which this folder is one of the environment's."""
    start = f"import site; site.addsitedir({str(site_packages)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, timeout=60, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_programs_of_the_environment_find_modelport(tmp_path):
    assert install(tmp_path) == Installation(tmp_path / FILE_NAME, True)
    code = "from azureml.core.model import Model\nprint(Model.__module__)"
    assert in_new_python(tmp_path, code) == "modelport.sdk.model\n"


def test_nothing_is_loaded_until_azureml_is_imported(tmp_path):
    install(tmp_path)
    code = "import sys, json\nprint(any(name.startswith('modelport.v1_imports') for name in sys.modules))"
    assert in_new_python(tmp_path, code) == "False\n"


def test_a_real_package_that_comes_later_is_used(tmp_path):
    install(tmp_path)
    (tmp_path / "azureml/core").mkdir(parents=True)
    (tmp_path / "azureml/core/__init__.py").write_text("VERSION = 'real'\n")
    assert in_new_python(tmp_path, "import azureml.core\nprint(azureml.core.VERSION)") == "real\n"


def test_other_missing_packages_are_missing_as_ever(tmp_path):
    install(tmp_path)
    code = "try:\n    import azureml_other\nexcept ModuleNotFoundError as error:\n    print(error)"
    assert in_new_python(tmp_path, code) == "No module named 'azureml_other'\n"


def test_twice_is_the_same_as_once(tmp_path):
    assert install(tmp_path) == install(tmp_path)
    assert uninstall(tmp_path) == uninstall(tmp_path) == Installation(tmp_path / FILE_NAME, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("real", [f"{REAL}/METADATA", "azureml/core/__init__.py"])
def test_an_environment_with_the_real_package_is_refused_and_stays_as_it_is(tmp_path, real):
    (tmp_path / real).parent.mkdir(parents=True)
    (tmp_path / real).write_text("Metadata-Version: 2.1\nName: azureml-core\nVersion: 1.61.0\n\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConflictError) as caught:
        install(tmp_path)
    assert caught.value.code == "azureml-core-installed"
    assert sorted(tmp_path.rglob("*")) == before
    assert installation(tmp_path).real_version == ("1.61.0" if "METADATA" in real else "unknown")


def test_a_folder_that_cannot_be_written_is_told():
    for change in (install, uninstall):
        with pytest.raises(StorageError) as caught:
            change(Path("/proc/self/status"))  # no folder, so that root cannot write there either
        assert caught.value.code == "site-packages-not-writable"


@pytest.mark.parametrize("module", sorted({name.partition(".")[0] for name in STAND_INS}))
def test_programs_find_the_stand_ins_of_scoring_scripts(tmp_path, module):
    install(tmp_path)
    code = f"import {module}\nprint(type({module}).__name__)"
    assert in_new_python(tmp_path, code) == "V1Module\n"
