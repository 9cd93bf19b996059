"""Packages that lie on the machine that builds: a build cannot reach them, so they go into the context.

They are found by what the lock says of them: a wheel or source archive in a local folder or index is the one that was
locked if its hash is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from modelport.environments.foreign_python import ForeignPython
from modelport.environments.local_source import source_files
from modelport.environments.lock import Lock, LockedPackage
from modelport.images.recipe.context import ContextFile


@dataclass(frozen=True)
class LocalFile:
    """A package file of this machine: where it is, and its digest."""

    path: Path
    sha256: str


def is_local(location: str) -> bool:
    """Whether an index or a folder of links lies on this machine.

    >>> is_local("file:///opt/simple"), is_local("/srv/wheels"), is_local("https://host/simple")
    (True, True, False)
    """
    return urlsplit(location).scheme in ("", "file")


def path_of(location: str) -> Path:
    """The path that a local location names."""
    return Path(unquote(urlsplit(location).path) if location.startswith("file:") else location).expanduser()


def locked_files(
    lock: Lock, indexes: Iterable[str], folders: Iterable[str], python: ForeignPython
) -> tuple[LocalFile, ...]:
    """The files of local indexes and folders of links that the lock means and the Python can use, sorted by name.

    Of a package that has wheels for the Python here, source archives are left out.
    """
    tags = set(_tags(python))
    roots, listed = [path_of(each) for each in indexes if is_local(each)], _listed(folders)
    found: dict[str, LocalFile] = {}
    for package in lock.packages:
        if package.name and package.hashes:
            candidates = [*listed.get(package.name, ()), *(e for root in roots for e in _index_files(root, package))]
            for file in _usable(package, candidates, tags):
                found.setdefault(file.path.name, file)
    return tuple(found[name] for name in sorted(found))


def _tags(python: ForeignPython) -> Iterator[Tag]:
    version = tuple(int(word) for word in python.version.split(".")[:2])
    machine = python.machine
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(python.glibc_minor, 4, -1)]
    platforms += [f"manylinux{year}_{machine}" for year in ("2014", "2010", "1")] if python.glibc_minor else []
    platforms += [f"musllinux_1_{minor}_{machine}" for minor in range(3)] if not python.glibc_minor else []
    platforms.append(f"linux_{machine}")
    yield from cpython_tags(version, platforms=platforms)
    yield from compatible_tags(version, f"cp{version[0]}{version[1]}", platforms)


def _listed(folders: Iterable[str]) -> dict[str, list[tuple[Path, str]]]:
    """The files of folders of links by the name of their package."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for folder in folders:
        if is_local(folder) and path_of(folder).is_dir():
            for path in sorted(path_of(folder).iterdir()):
                name = canonicalize_name(path.name.partition("-")[0])
                found.setdefault(name, []).append((path, ""))
    return found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a link leads."""
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _index_files(root: Path, package: LockedPackage) -> Iterator[tuple[Path, str]]:
    """The files that the page of a package in a local index (PEP 503) links to, with the digests that it tells."""
    page = root / package.name / "index.html"
    if not page.is_file():
        return
    links = _Links()
    links.feed(page.read_text(encoding="utf-8", errors="replace"))
    for link in links.found:
        target = urljoin(page.as_uri(), link)
        path = path_of(target.partition("#")[0])
        if is_local(target) and path.is_file():
            yield path, urlsplit(target).fragment.partition("sha256=")[2]


def _usable(package: LockedPackage, candidates: Iterable[tuple[Path, str]], tags: set[Tag]) -> list[LocalFile]:
    wheels: list[LocalFile] = []
    sources: list[LocalFile] = []
    for path, told in candidates:
        kind = _kind(path.name, package, tags)
        if kind:
            sha256 = told or hashlib.sha256(path.read_bytes()).hexdigest()
            if f"sha256:{sha256}" in package.hashes:
                (wheels if kind == "wheel" else sources).append(LocalFile(path, sha256))
    return wheels or sources


def _kind(file_name: str, package: LockedPackage, tags: set[Tag]) -> str:
    """ "wheel" or "sdist" of that package and version that can be used, else ""."""
    try:
        if file_name.endswith(".whl"):
            name, version, _, made_for = parse_wheel_filename(file_name)
            fits = bool(made_for & tags)
        else:
            (name, version), fits = parse_sdist_filename(file_name), True
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
    if not fits or name != package.name or str(version) != package.version:
        return ""
    return "wheel" if file_name.endswith(".whl") else "sdist"


def local_source(package: LockedPackage) -> Path | None:
    """The file or folder of this machine that a locked requirement names by its path, if it does."""
    location = package.requirement.rpartition(" @ ")[2].partition(" ;")[0].strip()
    if package.name or not is_local(location):
        return None
    path = path_of(location)
    return path if path.is_absolute() and path.exists() else None


def source_in_context(path: Path, folder: str) -> tuple[str, tuple[ContextFile, ...]]:
    """Where a package that is named by its path lies below `folder` of the context, and its files there.

    Of a project the files are taken that its content digest counts: nothing that builds and tools leave there.
    """
    if path.is_file():
        return path.name, (ContextFile(f"{folder}/{path.name}", source=path),)
    files = tuple(
        ContextFile(f"{folder}/{path.name}/{file.relative_to(path).as_posix()}", source=file)
        for file in sorted(source_files(path))
    )
    return path.name, files
