"""What each layer of an image costs, and what it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from modelport.errors import EngineError
from modelport.images.contents.packages import InstalledPackage, image_not_local, largest, read_contents
from modelport.images.engine import Engine, image_facts
from modelport.images.recipe.recipe import APP, HOME, MODELS
from modelport.units import human_size

_SHORT = 90
# Where a layer's files go -> what it is for: the first that fits.
_KINDS = (
    (f"{HOME}/server", "server"),
    (f"{HOME}/env", "environment"),
    (f"{HOME}/service.json", "settings"),
    (f"{HOME}/", "python"),
    (MODELS, "model"),
    (APP, "code"),
    (HOME, "settings"),
)
# How the recipe makes a layer of files alone: a script with the name "layer" and the folder behind it.
_PLACED = re.compile(r"\blayer (/\S+)")
_TARGET = re.compile(r"\b(?:COPY|ADD)\b.*?(\S+?)\s*(?:# buildkit)?$", re.DOTALL)
_NOISE = (
    re.compile(r"^/bin/sh -c #\(nop\)\s+"),
    re.compile(r"\s*# buildkit$"),
    re.compile(r"\b(?:dir|file|multi):[0-9a-f]{64}\s"),
    re.compile(r"\s+"),
)
_SETTING = re.compile(r"^(?:/bin/sh -c #\(nop\)\s+)?(ENV|LABEL|WORKDIR|USER|EXPOSE|HEALTHCHECK|STOPSIGNAL"
                      r"|ENTRYPOINT|CMD|ARG|SHELL|VOLUME)\b")  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """One layer, oldest first: what made it, its size in bytes, and its kind: base, setup, server, python,
    environment, model, code or settings."""

    created_by: str
    size_bytes: int
    kind: str


@dataclass(frozen=True)
class ImageCost:
    """What an image weighs: its layers, the largest packages, all together and the base's share (bytes)."""

    layers: tuple[Layer, ...]
    packages: tuple[InstalledPackage, ...] = ()

    @property
    def total_bytes(self) -> int:
        """The image unpacked."""
        return sum(layer.size_bytes for layer in self.layers)

    @property
    def base_bytes(self) -> int:
        """What of it is the base image."""
        return sum(layer.size_bytes for layer in self.layers if layer.kind == "base")


def image_layers(engine: Engine, reference: str) -> tuple[Layer, ...]:
    """The layers of an image that the engine holds, the oldest first; those that weigh nothing are left out.

    Raises `NotFoundError` (`image-not-local`) and `EngineError`.
    """
    if image_facts(engine, reference) is None:
        raise image_not_local(engine, reference)
    return tuple(layer for layer in classify(_history(engine, reference)) if layer.size_bytes)


def largest_packages(engine: Engine, reference: str, n: int = 5) -> tuple[InstalledPackage, ...]:
    """The `n` largest Python packages of the user's environment in an image; raises as `read_contents` does."""
    return largest(read_contents(engine, reference).packages, n)


def image_cost(engine: Engine, reference: str, n: int = 5) -> ImageCost:
    """Layers and largest packages together; raises what both raise."""
    return ImageCost(image_layers(engine, reference), largest_packages(engine, reference, n))


def _history(engine: Engine, reference: str) -> list[tuple[str, int]]:
    """(what made it, size in bytes) of each step, oldest first."""
    if engine.kind == "docker":
        words = ["history", "--no-trunc", "--human=false", "--format", "{{json .}}", reference]
    else:
        words = ["history", "--no-trunc", "--human=false", "--format", "json", reference]
    done = engine.run(words)
    if done.exit_code:
        raise EngineError(
            "image-history-unavailable",
            f"The {engine.kind} engine does not tell how '{reference}' was made: {done.stderr.strip()[:200]}.",
            "Use docker or podman for this; buildah keeps no such list.",
        )
    return list(reversed([_step(entry) for entry in _entries(done.stdout)]))


def _entries(text: str) -> Iterable[dict[str, Any]]:
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _step(entry: dict[str, Any]) -> tuple[str, int]:
    created_by = str(entry.get("CreatedBy") or entry.get("createdBy") or entry.get("Comment") or "")
    return created_by, int(entry.get("Size") or entry.get("size") or 0)


def classify(steps: Sequence[tuple[str, int]]) -> list[Layer]:
    """The kind of each step (what made it, size), oldest first: all before the first of ours is the base's (pure)."""
    own = next((place for place, (words, _) in enumerate(steps) if HOME in words), len(steps))
    return [
        Layer(shortened(words), size, "base" if place < own else kind_of(words))
        for place, (words, size) in enumerate(steps)
    ]


def kind_of(created_by: str) -> str:
    """What a step of ours is for.

    >>> kind_of("COPY /opt/modelport/env /opt/modelport/env # buildkit")
    'environment'
    >>> kind_of("RUN /bin/sh -c cp -Rp /mnt/. $1 layer /var/azureml-app # buildkit")
    'code'
    """
    if _SETTING.match(created_by):
        return "settings"
    found = _PLACED.search(created_by) or _TARGET.search(created_by)
    target = found[1] if found else ""
    return next((kind for place, kind in _KINDS if target.startswith(place)), "setup")


def shortened(created_by: str) -> str:
    """What made a layer, in one short line without the builder's own words."""
    placed = _PLACED.search(created_by)
    text = f"files in {placed[1]}" if placed else created_by
    for noise, instead in zip(_NOISE, ("", "", "", " "), strict=True):
        text = noise.sub(instead, text)
    text = text.strip() or "(imported)"
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def describe(cost: ImageCost) -> str:
    """The cost of an image as text: a line for each layer, the share of the base, the largest packages."""
    lines = [f"{human_size(layer.size_bytes):>8}  {layer.kind:<11}  {layer.created_by}" for layer in cost.layers]
    share = round(100 * cost.base_bytes / cost.total_bytes) if cost.total_bytes else 0
    base = f"the base {human_size(cost.base_bytes)} ({share} %)"
    lines.append(f"{human_size(cost.total_bytes):>8}  in all, of which {base}")
    if cost.packages:
        lines.append("Largest packages:")
        lines += [f"{human_size(one.size_bytes):>8}  {one.name} {one.version}" for one in cost.packages]
    return "\n".join(lines)
