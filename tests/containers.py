"""Services in containers, as tests need them: an image of nothing but the server, and traces that must not stay."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from modelport.images.engine import Engine
from modelport.images.wish import ImageWish
from modelport.manifest import Container, Manifest
from modelport.settings import read_settings
from modelport.workspace import Home


@contextmanager
def plain_image(home: Path, base: str) -> Iterator[str]:
    """The id of an image without packages and without a script; its name is taken away afterwards."""
    settings = replace(read_settings(), home=home, base_image=base)
    workspace = Home(settings).create(f"plain-{uuid.uuid4().hex[:12]}")
    record = workspace.images.build(ImageWish("plain", "environment"))
    try:
        yield record.image_id
    finally:
        workspace.images.forget_all()


def in_container(manifest: Manifest, image: str) -> Manifest:
    """What a manifest of this machine is for a container of that image: its Python, the script of this machine."""
    program = replace(manifest.program, python="")
    return replace(manifest, program=program, container=Container(image=image, own_files=True))


def left_in_engine(engine: Engine, label: str) -> list[str]:
    """Containers, networks and volumes that bear a label."""
    found = []
    for kind, words in (("container", ["--all"]), ("network", []), ("volume", [])):
        listed = engine.run([kind, "ls", *words, "--quiet", "--filter", f"label={label}"])
        found += [f"{kind} {line}" for line in listed.stdout.split()]
    return found
