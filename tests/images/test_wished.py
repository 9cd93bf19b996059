"""Wishes for images, as requests to the planner."""

from __future__ import annotations

import pytest

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.specification import Dependency
from modelport.images.wish import ImageWish
from modelport.images.wished import check_wish, request_of


def wish(*packages, **container):
    conda = tuple(Dependency(package) for package in packages)
    definition = EnvironmentDefinition("env", conda=conda, container=container)
    return ImageWish("env", "environment", environment=definition.to_json())


@pytest.mark.parametrize(
    ("asked", "solver"),
    [
        (wish("python=3.11", "numpy"), ""),
        (wish("python=3.11", "numpy", "nodejs=20"), "conda"),
        (wish("r-ggplot2"), "conda"),
        (wish("numpy", managed_by="uv"), "uv"),
    ],
)
def test_conda_solves_where_a_package_is_in_its_channels_alone(tmp_path, asked, solver):
    check_wish(asked, None, lambda _: None)
    request = request_of(asked, None, tmp_path)
    assert request.managed_by == solver
    assert request.environment.container == {}
