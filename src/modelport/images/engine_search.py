"""Finds what builds and runs images on this machine: docker, podman or buildah.

A machine may have several clients, of which the first on PATH is not the best: a docker client of version 23 or later
builds with BuildKit only where its buildx plugin is installed, an older one has BuildKit built in. So every docker on
PATH is looked at, and the first that can use BuildKit wins.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from modelport import process
from modelport.engine_errors import unreachable_engine
from modelport.errors import EngineError
from modelport.images.engine import ASK_TIMEOUT_SECONDS, Engine, address_in, json_object, platform_of

_DOCKER_WITHOUT_BUILT_IN_BUILDKIT = 23
_API_WITH_BUILDKIT = (1, 39)


def find_engine(environ: Mapping[str, str]) -> Engine:
    """The engine to use: docker, else podman, else buildah; the first that answers and is best at building.

    Where DOCKER_HOST or DOCKER_CONTEXT names an engine, it is docker's or none.

    Raises `EngineError`: `engine-missing` where there is no client at all, `engine-not-running` and
    `engine-not-allowed` where there is one and no engine answers it.
    """
    found: list[Engine] = []
    refusals: list[EngineError] = []
    for kind in ("docker", "podman", "buildah"):
        for program in _programs(kind, environ):
            try:
                engine = _ask(kind, program, environ)
            except EngineError as error:
                refusals.append(error)
                continue
            if engine.builder != "classic" or not _wants_buildkit(environ):
                return engine
            found.append(engine)
        if found:
            return found[0]
        if kind == "docker" and refusals and _names_docker_engine(environ):
            break  # another engine than the one that was named would surprise
    raise refusals[0] if refusals else _missing()


def _wants_buildkit(environ: Mapping[str, str]) -> bool:
    return environ.get("DOCKER_BUILDKIT", "").lower() not in ("0", "false")


def _names_docker_engine(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("DOCKER_HOST") or environ.get("DOCKER_CONTEXT"))


def _missing() -> EngineError:
    return EngineError(
        "engine-missing",
        "Images need a container engine, and this machine has neither docker nor podman nor buildah; "
        "LocalWebservice (modelport deploy) serves without one.",
        "Install docker or podman, or name an engine elsewhere with DOCKER_HOST and install the docker client.",
    )


def _programs(kind: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Every program of this name on PATH, each file once."""
    seen: set[Path] = set()
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        program = Path(folder or ".") / kind
        if not program.is_file() or not os.access(program, os.X_OK):
            continue
        real = program.resolve()
        if real not in seen:
            seen.add(real)
            yield program.absolute()


def _ask(kind: str, program: Path, environ: Mapping[str, str]) -> Engine:
    """Ask one client what it is and whether an engine answers it; raises `EngineError` if none does."""
    format_words = ["--json"] if kind == "buildah" else ["--format", "{{json .}}"]
    try:
        done = process.run([program, "version", *format_words], environ=environ, timeout_seconds=ASK_TIMEOUT_SECONDS)
    except TimeoutError:
        raise unreachable_engine(kind, address_in(kind, environ), "It did not answer within a minute.") from None
    answer = json_object(done.stdout)
    if kind == "buildah" and answer:
        return _buildah(program, answer, environ)
    client = answer.get("Client") or {}
    if "OsArch" in client:  # podman, under its own name or as a stand-in called docker
        return _podman(program, answer, environ)
    server = answer.get("Server")
    if done.exit_code or not server:
        raise unreachable_engine(kind, address_in(kind, environ), done.stderr or done.stdout)
    builder, plugin = _docker_builder(program, client, server, environ)
    return Engine(
        kind="docker",
        program=program,
        version=server.get("Version", ""),
        builder=builder,
        platform=platform_of(server),
        plugin=plugin,
        environ=environ,
    )


def _docker_builder(
    program: Path, client: Mapping[str, Any], server: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[str, bool]:
    """(builder, whether it is reached by the buildx plugin) of a docker client and its engine."""
    can = _numbers(server.get("ApiVersion", "")) >= _API_WITH_BUILDKIT and server.get("Os") == "linux"
    if not can or not _wants_buildkit(environ):
        return "classic", False
    if _numbers(client.get("Version", ""))[:1] < (_DOCKER_WITHOUT_BUILT_IN_BUILDKIT,):
        return "buildkit", False
    asked = process.run([program, "buildx", "version"], environ=environ, timeout_seconds=ASK_TIMEOUT_SECONDS)
    return ("classic", False) if asked.exit_code else ("buildkit", True)


def _podman(program: Path, answer: Mapping[str, Any], environ: Mapping[str, str]) -> Engine:
    there = answer.get("Server") or answer["Client"]  # without a service, podman is its own engine
    return Engine("podman", program, there.get("Version", ""), "buildah", there.get("OsArch", ""), environ=environ)


def _buildah(program: Path, answer: Mapping[str, Any], environ: Mapping[str, str]) -> Engine:
    version = answer.get("version", "")
    return Engine("buildah", program, version, "buildah", answer.get("buildPlatform", ""), environ=environ)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: "20.10.24+dfsg1" -> (20, 10, 24)."""
    numbers = []
    for word in version.split("."):
        digits = word[: len(word) - len(word.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
