"""What a client prints while it pushes or pulls: which layers were sent, and which digest came out (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_DOCKER_STATE = re.compile(r"^([0-9a-f]{12,64}): (Layer already exists|Mounted from \S+|Pushed)\s*$")
_PODMAN_STATE = re.compile(r"^Copying blob (?:sha256:)?([0-9a-f]{12,64})\b(.*)$")
_DIGEST = re.compile(r"\bdigest: (sha256:[0-9a-f]{64})\b|^Digest: (sha256:[0-9a-f]{64})$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class TransferredLayer:
    """One layer of a pushed image: its digest in the registry, its compressed size, and whether it had to be sent."""

    digest: str
    size_bytes: int
    is_sent: bool


def layers_present(output: str) -> frozenset[str]:
    """The (shortened) ids of the layers that the registry had already.

    >>> sorted(layers_present("5f70bf18a086: Layer already exists\\n0123456789ab: Pushed\\n"))
    ['5f70bf18a086']
    """
    return frozenset(name for name, is_sent in _states(output) if not is_sent)


def _states(output: str) -> Iterable[tuple[str, bool]]:
    for line in output.splitlines():
        docker = _DOCKER_STATE.match(line.strip())
        if docker:
            yield docker[1], docker[2] == "Pushed"
            continue
        podman = _PODMAN_STATE.match(line.strip())
        if podman and podman[2].strip():
            yield podman[1], "already exists" not in podman[2]


def digest_in(output: str) -> str:
    """The digest that a push or a pull ended with, "" if it told none.

    >>> digest_in("1: digest: sha256:" + "0" * 64 + " size: 528")[:10]
    'sha256:000'
    """
    found = [first or second for first, second in _DIGEST.findall(output)]
    return found[-1] if found else ""


def match_layers(
    stored: Sequence[tuple[str, int]], local: Sequence[str], present: frozenset[str]
) -> tuple[TransferredLayer, ...]:
    """The layers of a pushed image, from `stored` (digest and size in the registry), `local` (the engine's ids of the
    same layers, in the same order) and those that were `present` before."""
    if len(stored) != len(local):
        return tuple(TransferredLayer(digest, size, is_sent=True) for digest, size in stored)
    return tuple(
        TransferredLayer(digest, size, is_sent=not _is_among(name, digest, present))
        for (digest, size), name in zip(stored, local, strict=True)
    )


def _is_among(name: str, digest: str, present: frozenset[str]) -> bool:
    whole = (name.partition(":")[2], digest.partition(":")[2])
    return any(one.startswith(short) for short in present for one in whole)
