"""Reads the source as syntax trees: which module imports which, where, and whether only for its types."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


@dataclass(frozen=True)
class Import:
    """One imported module: its full dotted name, the line, whether only a type checker sees it, and how it is named."""

    target: str
    line: int
    only_types: bool
    absolute: bool = True


@dataclass(frozen=True)
class Module:
    """One module of the source (or an invented one): its dotted name, its text, and what its tree says."""

    name: str
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def unit(self) -> str:
        """The part of the house it belongs to: the first name below `modelport`, `(root)` for the package itself."""
        names = self.name.split(".")
        return names[1] if len(names) > 1 else "(root)"

    def where(self, line: int) -> str:
        return f"{self.name}:{line}"

    @cached_property
    def imports(self) -> list[Import]:
        """Every import statement, those inside functions included; `from a import b` gives both `a` and `a.b`."""
        return [found for node, only_types in self._import_nodes() for found in self._targets(node, only_types)]

    def _import_nodes(self) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
        typing_only = {
            id(inner)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
            for statement in node.body
            for inner in ast.walk(statement)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield node, id(node) in typing_only

    def _targets(self, node: ast.Import | ast.ImportFrom, only_types: bool) -> list[Import]:
        if isinstance(node, ast.Import):
            return [Import(alias.name, node.lineno, only_types) for alias in node.names]
        base = self._base(node)
        names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        return [Import(name, node.lineno, only_types, absolute=not node.level) for name in names]

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".")
        steps_up = node.level - (1 if self.path.name == "__init__.py" else 0)
        anchor = package[: len(package) - steps_up]
        return ".".join([*anchor, *([node.module] if node.module else [])])


def read_modules(source: Path) -> list[Module]:
    """All modules below `source`, sorted by name."""
    modules = []
    for path in sorted(source.rglob("*.py")):
        names = list(path.relative_to(source).with_suffix("").parts)
        if names[-1] == "__init__":
            names.pop()
        modules.append(Module(".".join(names), path, path.read_text(encoding="utf-8")))
    return modules


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module of Modelport."""
    return read_modules(SOURCE)


@pytest.fixture
def invent() -> Callable[[str, str], Module]:
    """Makes a module that does not exist, to see that a rule refuses it: `invent("modelport.server.app", "…")`."""
    return lambda name, text: Module(name, Path(f"{name.rpartition('.')[2]}.py"), text)
