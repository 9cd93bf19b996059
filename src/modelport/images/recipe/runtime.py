"""What the server in an image consists of: the files of this installation that it imports, and the packages it needs.

It never comes from an index, so that image and client are always of the same version.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from modelport.errors import UserError

ROOT = Path(__file__).parents[2]
_PROGRAMS = ("server", "worker")
_PACKAGES = ("httptools", "uvloop", "prometheus-client")


@functools.cache  # the files of an installation do not change while it runs
def runtime_files(root: Path = ROOT) -> tuple[Path, ...]:
    """The files that the server and the worker consist of, relative to `root`, sorted: all of their own packages and
    whatever these import of ours."""
    waiting = [path for program in _PROGRAMS for path in (root / program).rglob("*.py")]
    found = {root / "__init__.py"}
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imported(path, root))
    return tuple(sorted(path.relative_to(root) for path in found))


def _imported(path: Path, root: Path) -> Iterator[Path]:
    """The files of ours that a module imports, with the packages on the way to them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for name in _absolute_names(node):
            place = root
            for part in name.split(".")[1:]:
                place = place / part
                yield from (file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file())


def _absolute_names(node: ast.AST) -> list[str]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.split(".")[0] == "modelport"]


def own_version() -> str:
    """The version of this installation."""
    return _version("modelport")


def runtime_requirements() -> tuple[str, ...]:
    """The packages that the server needs, at the versions that are installed here.

    Raises `UserError` (`runtime-incomplete`) if one is not.
    """
    return tuple(f"{name}=={_version(name)}" for name in _PACKAGES)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        raise UserError(
            "runtime-incomplete",
            f"The package '{name}' is not installed beside Modelport, so the version that an image needs is not known.",
            f"Run: pip install {name}",
        ) from None
