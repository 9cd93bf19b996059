"""`modelport migrate install`, `uninstall`, `status`."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from modelport.cli.migrate_install import sentence_of
from modelport.migration.install import FILE_NAME, Installation


@pytest.fixture
def site_packages(tmp_path, monkeypatch):
    """Another environment's folder of packages, in place of that of the tests."""
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))
    return tmp_path


def test_install_status_and_uninstall(cli, site_packages):
    assert "migrate install" in cli("migrate", "status").stdout
    assert cli("migrate", "install").stdout == cli("migrate", "status").stdout
    assert (site_packages / FILE_NAME).is_file()
    assert cli("migrate", "status", "--output", "json").json == {
        "file": str(site_packages / FILE_NAME), "installed": True, "azureml_core": None,
    }  # fmt: skip
    assert cli("migrate", "uninstall").exit_code == 0
    assert not (site_packages / FILE_NAME).exists()


def test_the_real_package_is_named():
    assert "azureml-core 1.61.0" in sentence_of(Installation(Path("x.pth"), False, "1.61.0"))
