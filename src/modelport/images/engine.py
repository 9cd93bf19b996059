"""Finds what builds and runs images on this machine, and asks it about images: docker, podman or buildah.

A machine may have several clients, of which the first on PATH is not the best: a docker client of version 23 or later
builds with BuildKit only where its buildx plugin is installed, an older one has BuildKit built in. So every docker on
PATH is looked at, and the first that can use BuildKit wins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport import process
from modelport.engine_errors import unreachable_engine
from modelport.errors import EngineError

ASK_TIMEOUT_SECONDS = 60.0
"""A question to an engine takes milliseconds; one that is busy writing layers may take many seconds."""
CONTEXT_DIGEST_LABEL = "dev.modelport.context-digest"
_DOCKER_WITHOUT_BUILT_IN_BUILDKIT = 23
_API_WITH_BUILDKIT = (1, 39)


@dataclass(frozen=True)
class Engine:
    """What builds and runs images: the client program, and what it can do.

    `kind` is "docker", "podman" or "buildah"; `builder` is "buildkit", "classic" or "buildah" (which podman uses too);
    `plugin` tells that BuildKit is reached by docker's buildx plugin; `platform` is what the engine runs natively, as
    "linux/amd64". `environ` passes through, so that DOCKER_HOST and docker's contexts name a remote engine.
    """

    kind: str
    program: Path
    version: str
    builder: str
    platform: str
    plugin: bool = False
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def run(
        self,
        words: Sequence[str | Path],
        *,
        timeout_seconds: float = ASK_TIMEOUT_SECONDS,
        on_line: Callable[[str], None] | None = None,
    ) -> process.Completed:
        """Run a command of the client to its end, whatever its exit code; raises `TimeoutError`."""
        return process.run(
            [self.program, *words], environ=self.environ, timeout_seconds=timeout_seconds, on_line=on_line
        )

    @property
    def address(self) -> str:
        """Where the engine is, as the environment names it; empty where the client's own default holds."""
        return address_in(self.kind, self.environ)


@dataclass(frozen=True)
class ImageFacts:
    """What an engine knows of an image that it holds; `digests` are those of registries that it came from."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size_bytes: int
    labels: Mapping[str, str]
    layers: tuple[str, ...]
    platform: str
    created: str
    environment: tuple[str, ...] = field(default=(), repr=False)


def address_in(kind: str, environ: Mapping[str, str]) -> str:
    """The address of an engine that the environment names for clients of this kind; empty where it names none."""
    return environ.get("DOCKER_HOST" if kind == "docker" else "CONTAINER_HOST", "")


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
    answer = _json_object(done.stdout)
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


def platform_of(facts: Mapping[str, Any]) -> str:
    """The platform that an engine's JSON tells, with the variant that arm processors have.

    >>> platform_of({"Os": "linux", "Architecture": "arm", "Variant": "v7"})
    'linux/arm/v7'
    """
    words = (facts.get("Os"), facts.get("Architecture") or facts.get("Arch"), facts.get("Variant"))
    return "/".join(word for word in words if word)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: "20.10.24+dfsg1" -> (20, 10, 24)."""
    numbers = []
    for word in version.split("."):
        digits = word[: len(word) - len(word.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def image_facts(engine: Engine, reference: str) -> ImageFacts | None:
    """What the engine knows of the image `reference` (name, id or digest); None if it does not hold it.

    Raises `EngineError` if the engine does not answer.
    """
    facts = _inspect(engine, [reference])
    return facts[0] if facts else None


def find_built(engine: Engine, context_digest: str, platform: str = "") -> ImageFacts | None:
    """The newest image that was built from the context with this digest, for `platform` (default: the engine's own).

    Raises `EngineError` if the engine does not answer.
    """
    words = ["--quiet", "--no-trunc", "--filter", f"label={CONTEXT_DIGEST_LABEL}={context_digest}"]
    listed = _answered(engine, engine.run(["images" if engine.kind == "buildah" else "image", *_list(engine), *words]))
    facts = _inspect(engine, list(dict.fromkeys(listed.split())))
    fitting = [fact for fact in facts if fact.platform == (platform or engine.platform)]
    return max(fitting, key=lambda fact: fact.created, default=None)


def _list(engine: Engine) -> list[str]:
    return [] if engine.kind == "buildah" else ["ls"]


def _inspect(engine: Engine, references: Sequence[str]) -> list[ImageFacts]:
    """The facts of those of the images that the engine holds."""
    if not references:
        return []
    if engine.kind == "buildah":
        return _inspect_with_buildah(engine, references)
    done = engine.run(["image", "inspect", *references])
    if done.exit_code and "no such image" not in done.stderr.lower() and "not known" not in done.stderr.lower():
        _answered(engine, done)
    try:
        found = json.loads(done.stdout or "[]")
    except ValueError:
        found = []
    return [_facts(each) for each in found]


def _inspect_with_buildah(engine: Engine, references: Sequence[str]) -> list[ImageFacts]:
    found = []
    for reference in references:
        done = engine.run(["inspect", "--type", "image", reference])
        described = _json_object(done.stdout) if not done.exit_code else {}
        if described:
            docker, oci = described.get("Docker", {}), described.get("OCIv1", {})
            found.append(_facts({
                "Id": f"sha256:{described.get('FromImageID', '')}",
                "RepoTags": [described["FromImage"]] if described.get("FromImage") else [],
                "RepoDigests": [],
                "Created": oci.get("created", ""),
                "Config": docker.get("config", {}),
                "RootFS": {"Layers": oci.get("rootfs", {}).get("diff_ids", [])},
                "Os": oci.get("os"),
                "Architecture": oci.get("architecture"),
                "Variant": oci.get("variant"),
            }))
    return found


def _facts(described: Mapping[str, Any]) -> ImageFacts:
    config = described.get("Config") or {}
    identity = str(described["Id"])
    return ImageFacts(
        id=identity if ":" in identity else f"sha256:{identity}",
        tags=tuple(described.get("RepoTags") or ()),
        digests=tuple(described.get("RepoDigests") or ()),
        size_bytes=int(described.get("Size") or 0),
        labels=dict(config.get("Labels") or {}),
        layers=tuple((described.get("RootFS") or {}).get("Layers") or ()),
        platform=platform_of(described),
        created=str(described.get("Created") or ""),
        environment=tuple(config.get("Env") or ()),
    )


def _answered(engine: Engine, done: process.Completed) -> str:
    """What a command that cannot fail by itself printed; its failure is the engine's. Raises `EngineError`."""
    if done.exit_code:
        raise unreachable_engine(engine.kind, engine.address, done.stderr or done.stdout)
    return done.stdout
