"""What there is to scan: scripts, the cells of notebooks, and lines of shells, each with its place.

Files are read as text and nothing is executed. What IPython adds to Python (magics, shell lines, `?`) is taken out,
line by line, so that places stay true; shell lines are kept apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport.errors import NotFoundError
from modelport.migration.magics import plain_python

PYTHON, NOTEBOOK = ".py", ".ipynb"
SHELL = (".sh", ".bash", ".zsh", ".ps1", ".cmd", ".bat", ".yml", ".yaml")
_LEFT_OUT = frozenset({
    ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__", ".ipynb_checkpoints",
    "site-packages", ".mypy_cache", ".pytest_cache",
})  # fmt: skip
_BYTES_MAX = 20_000_000


@dataclass(frozen=True)
class Place:
    """Where something stands: the file, the cell (0: the file has none), and the line in the file or cell."""

    file: str
    line: int
    cell: int = 0

    def __str__(self) -> str:
        return f"{self.file}:cell {self.cell}:{self.line}" if self.cell else f"{self.file}:{self.line}"


@dataclass
class Source:
    """One program: pieces of Python that run one after the other in the same names, and lines of a shell."""

    file: str
    python: list[tuple[int, str]] = field(default_factory=list)
    """Cell (0: the whole file) and its text."""
    commands: list[tuple[Place, str]] = field(default_factory=list)
    """Text in the language of a shell, and where it begins."""
    unreadable: str = ""
    """Why the file cannot be read; empty if it can."""


def sources(path: Path) -> Iterator[Source]:
    """Every program below `path`, or the one that it is; raises `NotFoundError` (`scan-path-missing`)."""
    if not path.exists():
        raise NotFoundError(
            "scan-path-missing", f"There is no file or folder '{path}'.", "Name a script, a notebook or a folder."
        )
    files = [path] if path.is_file() else sorted(_below(path))
    for file in files:
        yield from _read(file)


def _below(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        inside = file.relative_to(folder).parts
        if file.suffix in (PYTHON, NOTEBOOK, *SHELL) and not _LEFT_OUT.intersection(inside) and file.is_file():
            yield file


def _read(file: Path) -> Iterator[Source]:
    try:
        if file.stat().st_size > _BYTES_MAX:
            yield Source(str(file), unreadable=f"it has more than {_BYTES_MAX} bytes")
            return
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        yield Source(str(file), unreadable=error.strerror or str(error))
        return
    if file.suffix == NOTEBOOK:
        yield from _notebook(str(file), text)
    elif file.suffix in SHELL:
        yield Source(str(file), commands=[(Place(str(file), 1), text)])
    else:
        yield _pieces(str(file), [(0, text)])


def _notebook(file: str, text: str) -> Iterator[Source]:
    try:
        content = json.loads(text)
        cells = list(_code_cells(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        yield Source(file, unreadable=f"it is no notebook ({type(error).__name__}: {error})")
        return
    yield _pieces(file, cells)
    for number, cell in cells:
        head, _, body = cell.partition("\n")
        words = head.split()
        if words[:1] in (["%%writefile"], ["%%file"]) and words[-1].endswith(PYTHON):
            yield _pieces(file, [(number, f"\n{body}")])  # a program of its own; the line of the magic stays empty


def _code_cells(content: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """The number and the text of each cell with code, in the formats 3 and 4; none where the language is another."""
    language = content.get("metadata", {}).get("kernelspec", {}).get("language", "python")
    if str(language).lower() not in ("python", ""):
        return
    sheets = content.get("worksheets") or [content]
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] == "code":
            source = cell.get("source", cell.get("input", ""))
            yield number, source if isinstance(source, str) else "".join(source)


def _pieces(file: str, cells: list[tuple[int, str]]) -> Source:
    """Python and shell lines of pieces, apart."""
    found = Source(file)
    for cell, text in cells:
        python, shell = plain_python(text)
        found.python.append((cell, python))
        found.commands += [(Place(file, line, cell), words) for line, words in shell]
    return found
