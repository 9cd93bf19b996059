"""What builds and runs images on this machine, docker, podman or buildah: the client, and what it knows of images."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport import process
from modelport.engine_errors import unreachable_engine

ASK_TIMEOUT_SECONDS = 60.0
"""A question to an engine takes milliseconds; one that is busy writing layers may take many seconds."""
CONTEXT_DIGEST_LABEL = "dev.modelport.context-digest"


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


def platform_of(facts: Mapping[str, Any]) -> str:
    """The platform that an engine's JSON tells, with the variant that arm processors have.

    >>> platform_of({"Os": "linux", "Architecture": "arm", "Variant": "v7"})
    'linux/arm/v7'
    """
    words = (facts.get("Os"), facts.get("Architecture") or facts.get("Arch"), facts.get("Variant"))
    return "/".join(word for word in words if word)


def json_object(text: str) -> dict[str, Any]:
    """The object in a JSON text; empty for anything else."""
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
        described = json_object(done.stdout) if not done.exit_code else {}
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
