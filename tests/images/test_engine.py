"""Which engine is found on a machine, what it says of images, and how its absence is told."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from modelport.errors import EngineError
from modelport.images.engine import CONTEXT_DIGEST_LABEL, find_built, image_facts
from modelport.images.engine_search import find_engine


def client(folder: Path, name: str, body: str) -> Path:
    """A client program that answers as `body` (a shell script) says."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def client_of(engine) -> str:
    """A stand-in for a docker client of version 28 without buildx, in front of the real one."""
    renamed = r's/"Client":{\(.*\)"Version":"[^"]*"\(.*\)"Server"/"Client":{\1"Version":"28.2.2"\2"Server"/'
    return f'[ "$1" = buildx ] && exit 1\n{engine.program} "$@" | sed \'{renamed}\''


def test_a_machine_without_any_client_is_told_what_works_without_one(tmp_path):
    with pytest.raises(EngineError) as caught:
        find_engine({"PATH": str(tmp_path)})
    assert caught.value.code == "engine-missing"
    assert caught.value.exit_code == 3
    assert "LocalWebservice" in str(caught.value)


def test_the_message_about_a_missing_engine_is_one_line(tmp_path):
    with pytest.raises(EngineError) as caught:
        find_engine({"PATH": str(tmp_path)})
    assert "\n" not in caught.value.message


def test_an_engine_that_does_not_answer_is_not_running(engine, tmp_path):
    environ = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    with pytest.raises(EngineError) as caught:
        find_engine(environ)
    assert caught.value.code == "engine-not-running"
    assert f"unix://{tmp_path}/none.sock" in caught.value.message


def test_a_named_engine_that_does_not_answer_is_not_replaced_by_another(tmp_path):
    client(tmp_path / "bin", "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    client(tmp_path / "bin", "podman", """echo '{"Client":{"Version":"4.3.1","OsArch":"linux/amd64"}}'""")
    path = str(tmp_path / "bin")
    assert find_engine({"PATH": path}).kind == "podman"
    with pytest.raises(EngineError):
        find_engine({"PATH": path, "DOCKER_HOST": "ssh://build.example"})


def test_a_password_in_the_address_of_an_engine_is_not_shown(engine):
    environ = {**os.environ, "DOCKER_HOST": "tcp://me:planted-secret@127.0.0.1:1"}
    with pytest.raises(EngineError) as caught:
        find_engine(environ)
    assert "planted-secret" not in str(caught.value)


def test_a_socket_that_this_user_may_not_use_is_told_apart(tmp_path):
    said = "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock"
    client(tmp_path / "bin", "docker", f"echo '{said}' >&2; exit 1")
    with pytest.raises(EngineError) as caught:
        find_engine({"PATH": str(tmp_path / "bin")})
    assert caught.value.code == "engine-not-allowed"


def test_the_engine_says_what_it_runs(engine):
    assert engine.kind in ("docker", "podman")
    assert engine.platform.startswith("linux/")
    assert engine.program.is_absolute()


def test_buildkit_is_used_where_the_engine_has_it(engine):
    assert engine.builder in ("buildkit", "buildah")


def test_a_newer_client_without_buildx_is_passed_over_for_one_that_builds_with_buildkit(engine, tmp_path):
    client(tmp_path / "first", "docker", client_of(engine))
    found = find_engine({**os.environ, "PATH": f"{tmp_path / 'first'}:{engine.program.parent}"})
    assert (found.program, found.builder) == (engine.program, "buildkit")


def test_a_newer_client_without_buildx_builds_with_the_classic_builder_where_it_is_alone(engine, tmp_path):
    client(tmp_path / "first", "docker", client_of(engine))
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sed", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    found = find_engine({**os.environ, "PATH": f"{tmp_path / 'first'}:{tools}"})
    assert found.builder == "classic"


def test_buildkit_can_be_switched_off_as_docker_does(engine):
    assert find_engine({**os.environ, "DOCKER_BUILDKIT": "0"}).builder == "classic"


def test_one_file_under_two_names_is_asked_once(tmp_path):
    client(tmp_path / "real", "docker", f"echo asked >> {tmp_path}/count; exit 1")
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    with pytest.raises(EngineError):
        find_engine({"PATH": f"{tmp_path / 'linked'}:{tmp_path / 'real'}"})
    assert (tmp_path / "count").read_text().split() == ["asked"]


def test_an_image_that_is_not_there_has_no_facts(engine):
    assert image_facts(engine, "modelport-test/none:1") is None


def test_the_facts_of_an_image(engine, base_image):
    facts = image_facts(engine, base_image("3.11"))
    assert facts.id.startswith("sha256:")
    assert facts.tags == ("modelport-test/python:3.11",)
    assert facts.size_bytes > 50_000_000
    assert facts.platform == engine.platform
    assert len(facts.layers) == 1


def test_an_image_is_found_by_the_digest_of_its_context(engine, base_image, scratch):
    name = scratch.name()
    container = scratch.docker("container", "create", "--label", scratch.label, base_image(), "true")
    label = f"LABEL {CONTEXT_DIGEST_LABEL}=sha256:{scratch.key} {scratch.label}"
    scratch.docker("commit", "--change", label, container, name)
    started = time.monotonic()
    facts = find_built(engine, f"sha256:{scratch.key}", engine.platform)
    assert facts.tags == (name,)
    assert time.monotonic() - started < 30
    assert find_built(engine, f"sha256:{scratch.key}", "linux/s390x") is None


def test_no_image_is_found_by_a_digest_that_was_never_built(engine):
    assert find_built(engine, "sha256:0000") is None
