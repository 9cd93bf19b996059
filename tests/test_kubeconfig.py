"""The contexts of kubeconfig files: which there are, where, and what is told of a file that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from modelport import kubeconfig
from modelport.errors import NotFoundError, UserError


def written(path: Path, *names: str, server: str = "https://one:6443") -> Path:
    words = {
        "contexts": [{"name": name, "context": {"cluster": "cluster", "user": "admin"}} for name in names],
        "clusters": [{"name": "cluster", "cluster": {"server": server}}, {"name": "other", "cluster": {}}],
        "users": [{"name": "admin", "user": {"token": "geheim"}}, {"name": "other", "user": {"token": "fremd"}}],
    }
    path.write_text(yaml.safe_dump(words))
    return path


def test_the_file_in_the_home_counts_where_none_is_named(tmp_path: Path):
    assert kubeconfig.files_in({"HOME": str(tmp_path)}) == [tmp_path / ".kube" / "config"]


def test_a_file_that_is_not_there_has_no_contexts(tmp_path: Path):
    assert kubeconfig.contexts_in({"KUBECONFIG": str(tmp_path / "none")}) == {}


def test_the_first_of_several_files_counts(tmp_path: Path):
    first = written(tmp_path / "first", "shared", server="https://first:6443")
    second = written(tmp_path / "second", "shared", "own")
    found = kubeconfig.contexts_in({"KUBECONFIG": f"{first}{os.pathsep}{second}"})
    assert (found["shared"].server, found["own"].file) == ("https://first:6443", second)


def test_a_context_that_is_not_there_is_told_with_the_nearest(tmp_path: Path):
    environ = {"KUBECONFIG": str(written(tmp_path / "config", "production"))}
    with pytest.raises(NotFoundError) as caught:
        kubeconfig.context_called("prodution", environ)
    assert caught.value.code == "context-not-found"
    assert "production" in caught.value.message


def test_one_context_stands_alone_with_its_cluster_and_its_user(tmp_path: Path):
    environ = {"KUBECONFIG": str(written(tmp_path / "config", "one", "two"))}
    words = kubeconfig.alone(kubeconfig.context_called("two", environ))
    assert words["current-context"] == "two"
    assert [entry["name"] for entry in (*words["contexts"], *words["clusters"], *words["users"])] == [
        "two", "cluster", "admin",
    ]  # fmt: skip


@pytest.mark.parametrize("text", [
    "- a list", "token: geheim: geheim", "7", "users: geheim", "contexts: [{name: one, context: geheim}]",
    "clusters: [geheim]",
])
def test_a_damaged_file_is_refused_without_its_content(tmp_path: Path, text: str):
    (tmp_path / "config").write_text(text)
    with pytest.raises(UserError) as caught:
        kubeconfig.contexts_in({"KUBECONFIG": str(tmp_path / "config")})
    assert caught.value.code == "kubeconfig-invalid"
    assert "geheim" not in str(caught.value)


def test_an_empty_file_has_no_contexts(tmp_path: Path):
    (tmp_path / "config").write_text("")
    assert kubeconfig.contexts_in({"KUBECONFIG": str(tmp_path / "config")}) == {}
