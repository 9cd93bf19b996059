"""The root package: names when they are asked for, the nearest when they do not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import modelport


def test_the_version_is_the_one_of_the_project():
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert re.search(r'^version = "(.+)"$', text, re.M).group(1) == modelport.__version__


def test_a_replica_tells_the_version_of_the_project():
    from modelport.server.response import SERVER_VERSION

    assert SERVER_VERSION.decode() == f"modelport/{modelport.__version__}"


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(AttributeError, match="Did you mean 'Workspace'"):
        modelport.Workspaces  # noqa: B018


def test_a_name_leads_to_the_class():
    from modelport.sdk.workspace import Workspace

    assert modelport.Workspace is Workspace
