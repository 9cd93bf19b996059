"""What is installed in an image: Python packages with their sizes, and packages of the operating system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelport.errors import NotFoundError, UserError
from modelport.images.engine import Engine, image_facts
from modelport.images.recipe.recipe import SERVER_PYTHON

_INSPECT_SECONDS = 300.0


@dataclass(frozen=True)
class InstalledPackage:
    """One Python package in an image; `place` is "environment" (the user's) or "server"."""

    name: str
    version: str
    size_bytes: int
    place: str = "environment"


@dataclass(frozen=True)
class SystemPackage:
    """One package of the operating system; `kind` is "deb" or "apk"."""

    name: str
    version: str
    architecture: str
    kind: str


@dataclass(frozen=True)
class Contents:
    """What an image consists of; `system` is its operating system as ("debian", "12"), empty where it does not say."""

    packages: tuple[InstalledPackage, ...]
    system_packages: tuple[SystemPackage, ...] = ()
    system: tuple[str, str] = ("", "")


def read_contents(engine: Engine, reference: str) -> Contents:
    """Look into an image that the engine holds: runs the server's Python in it, without network, nothing written.

    Raises `NotFoundError` (`image-not-local`), `UserError` (`image-not-inspectable`: not built by Modelport, or for
    another platform than the engine's).
    """
    if image_facts(engine, reference) is None:
        raise image_not_local(engine, reference)
    script = Path(__file__).with_name("inspection.py").read_text(encoding="utf-8")
    limits = ["--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--user", "65534:65534"]
    words = ["run", *limits, "--entrypoint", SERVER_PYTHON, reference, "-I", "-S", "-c", script]
    done = engine.run(words, timeout_seconds=_INSPECT_SECONDS)
    try:
        return parse_contents(json.loads(done.stdout)) if done.exit_code == 0 else _refuse(reference, done.stderr)
    except ValueError:
        return _refuse(reference, done.stdout[:200])


def image_not_local(engine: Engine, reference: str) -> NotFoundError:
    """The error for an image that the engine does not hold."""
    return NotFoundError(
        "image-not-local",
        f"The {engine.kind} engine has no image '{reference}'.",
        f"See what it has: {engine.kind} images; build it first, or pull it.",
    )


def _refuse(reference: str, said: str) -> Contents:
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it printed nothing")
    raise UserError(
        "image-not-inspectable",
        f"What is installed in the image '{reference}' cannot be told: {last.rstrip('.')}.",
        "Only images that Modelport built can be looked into, on an engine of their own platform.",
    )


def parse_contents(words: Mapping[str, Any]) -> Contents:
    """What `inspection.py` printed, as values."""
    packages = tuple(InstalledPackage(**entry) for entry in words["packages"])
    system_packages = {*parse_dpkg(words["dpkg"]), *parse_apk(words["apk"])}
    ordered = tuple(sorted(system_packages, key=lambda package: (package.name, package.version, package.architecture)))
    release = dict(re.findall(r"^(\w+)=[\"']?(.*?)[\"']?\s*$", words["os_release"], re.MULTILINE))
    return Contents(packages, ordered, (release.get("ID", ""), release.get("VERSION_ID", "")))


def parse_dpkg(text: str) -> Iterator[SystemPackage]:
    """The installed packages in a dpkg status file; those that are only configured or half removed are left out.

    >>> list(parse_dpkg("Package: libc6\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: 2.36-9\\n"))
    [SystemPackage(name='libc6', version='2.36-9', architecture='amd64', kind='deb')]
    """
    for paragraph in re.split(r"\n\s*\n", text):
        words = dict(re.findall(r"^(Package|Status|Architecture|Version):\s*(.*?)\s*$", paragraph, re.MULTILINE))
        # The files of images without dpkg itself have no status: what they list is there.
        if words.get("Package") and words.get("Status", "ok installed").endswith(" installed"):
            yield SystemPackage(words["Package"], words.get("Version", ""), words.get("Architecture", ""), "deb")


def parse_apk(text: str) -> Iterator[SystemPackage]:
    """The packages in apk's list of what is installed.

    >>> list(parse_apk("C:Q1\\nP:musl\\nV:1.2.5-r0\\nA:x86_64\\n"))
    [SystemPackage(name='musl', version='1.2.5-r0', architecture='x86_64', kind='apk')]
    """
    for paragraph in re.split(r"\n\s*\n", text):
        words = dict(re.findall(r"^([PVA]):(.*)$", paragraph, re.MULTILINE))
        if words.get("P"):
            yield SystemPackage(words["P"], words.get("V", ""), words.get("A", ""), "apk")


def largest(packages: tuple[InstalledPackage, ...], n: int = 5) -> tuple[InstalledPackage, ...]:
    """The `n` largest packages of the user's environment, the largest first."""
    own = [package for package in packages if package.place == "environment"]
    return tuple(sorted(own, key=lambda package: (-package.size_bytes, package.name))[:n])
