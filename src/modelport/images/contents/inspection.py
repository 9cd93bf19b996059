"""Looks into an image from within: runs as a script by the server's Python in it, and prints one JSON object.

It imports nothing of ours, because the image may have been built by another version of Modelport.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

HOMES = {"server": ("opt/modelport/server",), "environment": ("opt/modelport/env",)}
# Where the packages of an interpreter lie that the image's maker brought along and that serves as it is.
BROUGHT = ("opt/conda", "usr/local", "usr")


def inspect(root: Path) -> dict[str, object]:
    """The Python packages below `root` with their sizes, and what the system's package manager wrote down."""
    brought = () if any((root / home).is_dir() for home in HOMES["environment"]) else BROUGHT
    homes = {"server": HOMES["server"], "environment": HOMES["environment"] + brought}
    packages = [
        {**package, "place": place}
        for place, folders in homes.items()
        for folder in folders
        for site in _sites(root / folder)
        for package in distributions(site)
    ]
    return {
        "packages": packages,
        "dpkg": _text(root / "var/lib/dpkg/status") + "\n\n" + _texts(root / "var/lib/dpkg/status.d"),
        "apk": _text(root / "lib/apk/db/installed"),
        "os_release": _text(root / "etc/os-release") or _text(root / "usr/lib/os-release"),
    }


def _sites(home: Path) -> Iterator[Path]:
    for pattern in ("lib/python*/site-packages", "lib/python*/dist-packages"):
        yield from sorted(home.glob(pattern))


def distributions(site: Path) -> Iterator[dict[str, object]]:
    """Name, version and size in bytes (byte code included) of each distribution in one folder of packages."""
    for information in sorted(site.glob("*.dist-info")):
        words = _head(information / "METADATA")
        if words.get("name"):
            yield {"name": words["name"], "version": words.get("version", ""), "size_bytes": _size(site, information)}


def _size(site: Path, information: Path) -> int:
    files: set[Path] = set()
    for row in csv.reader(_text(information / "RECORD").splitlines()):
        path = site / (row[0] if row else "")
        files.add(path)
        if path.suffix == ".py":  # installers compile and do not always write it down
            files.update((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))
    return sum(path.lstat().st_size for path in files if path.is_file() and not path.is_symlink())


def _head(file: Path) -> dict[str, str]:
    """The header lines of a METADATA file, by lower-case name; the first of each counts."""
    found: dict[str, str] = {}
    for line in _text(file).splitlines():
        name, colon, value = line.partition(":")
        if not colon:
            break
        found.setdefault(name.strip().lower(), value.strip())
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _texts(folder: Path) -> str:
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return "\n\n".join(_text(file) for file in files if not file.name.endswith(".md5sums"))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(inspect(Path("/"))))
