"""Reads conda environment files through YAML nodes, so that every mistake names its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from modelport.environments.source_file import read_text
from modelport.environments.specification import Dependency
from modelport.errors import UserError, nearest

KEYS = ("name", "channels", "dependencies", "prefix", "variables")
"""The keys that a conda environment file may have."""

_TAG_PREFIX = "tag:yaml.org,2002:"
_KIND_WORDS = {
    "seq": "a list",
    "map": "a mapping",
    "null": "nothing",
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
}


@dataclass(frozen=True)
class CondaFile:
    """A conda environment file as it is written: conda dependencies and the lines of the pip section, with places."""

    name: str = ""
    channels: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    pip: tuple[Dependency, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    prefix: str = ""
    folder: Path = field(default_factory=Path, compare=False)


def read_conda_file(path: Path) -> CondaFile:
    """Read a conda environment file.

    Raises `UserError`: `environment-file-missing`, `environment-file-unreadable`, `conda-file-invalid`,
    `conda-key-unknown`; each message starts with file:line where there is one.
    """
    return replace(parse_conda(read_text(path, path.name), path.name), folder=path.absolute().parent)


def parse_conda(text: str, shown: str) -> CondaFile:
    """Read the text of a conda environment file that messages call `shown`; raises as `read_conda_file` does.

    >>> parse_conda("dependencies: [python=3.6.2, pip: [azureml-defaults]]", "myenv.yml").dependencies[0].text
    'python=3.6.2'
    """
    return _Reader(shown).read(_compose(text, shown))


def _compose(text: str, shown: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise _invalid(f"{shown}:{line}", f"the YAML is malformed: {reason}", _yaml_remedy(text, line)) from error
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise _invalid(shown, f"the YAML is malformed: {reason}", "Save it as plain text.") from error
    except RecursionError as error:
        raise _invalid(shown, "the YAML is nested too deeply", "A conda file needs three levels.") from error


def _yaml_remedy(text: str, line: int) -> str:
    lines = text.splitlines()
    shown = lines[line - 1].rstrip() if line <= len(lines) else ""
    if "\t" in shown:
        return "Indent with spaces: YAML allows no tab there."
    return f"Look at the indentation and the colons around: {shown!r}" if shown else "Look at the end of the file."


class _Reader:
    """Reads one composed document; `shown` is the file's name in messages."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def read(self, root: yaml.Node | None) -> CondaFile:
        if root is None:
            raise _invalid(self._shown, "the file is empty", "Write at least: dependencies: [pip]")
        parts = dict(self._entries(root, "the file"))
        conda, pip = self._dependencies(parts.get("dependencies"))
        return CondaFile(
            name=self._optional_text(parts.get("name"), "name"),
            channels=tuple(item.text for item in self._texts(parts.get("channels"), "channels")),
            dependencies=conda,
            pip=pip,
            variables=self._variables(parts.get("variables")),
            prefix=self._optional_text(parts.get("prefix"), "prefix"),
        )

    def _entries(self, root: yaml.Node, what: str) -> Iterator[tuple[str, yaml.Node]]:
        if not isinstance(root, yaml.MappingNode):
            raise self._wrong(root, what, "a mapping with the keys " + ", ".join(KEYS))
        seen: set[str] = set()
        for key, value in root.value:
            if key.value not in KEYS:
                raise UserError(
                    "conda-key-unknown",
                    f"{self._place(key)}: the key '{key.value}' is not one of a conda file.",
                    nearest(str(key.value), KEYS),
                )
            if key.value in seen:
                raise _invalid(self._place(key), f"the key '{key.value}' stands here a second time", "Keep one.")
            seen.add(key.value)
            yield key.value, value

    def _dependencies(self, node: yaml.Node | None) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]]:
        conda: list[Dependency] = []
        pip_sections: list[yaml.MappingNode] = []
        for item in self._items(node, "dependencies"):
            if isinstance(item, yaml.MappingNode):
                self._check_pip_section(item)
                pip_sections.append(item)
            else:
                conda.append(self._dependency(item))
        if len(pip_sections) > 1:
            place, first = self._place(pip_sections[1]), pip_sections[0].start_mark.line + 1
            raise _invalid(place, f"this is a second pip section; the first is in line {first}", "Join the two.")
        pip = self._texts(pip_sections[0].value[0][1], "pip") if pip_sections else ()
        return tuple(conda), tuple(pip)

    def _check_pip_section(self, node: yaml.MappingNode) -> None:
        keys = [str(key.value) for key, _ in node.value]
        if keys != ["pip"]:
            line = ", ".join(keys) or "{}"
            remedy = f"Write '{keys[0]}=1.2.3' for a version." if keys else "Take it out."
            raise _invalid(self._place(node), f"'{line}:' is a mapping; only 'pip:' may be one here", remedy)

    def _texts(self, node: yaml.Node | None, what: str) -> tuple[Dependency, ...]:
        return tuple(self._dependency(item) for item in self._items(node, what))

    def _dependency(self, node: yaml.Node) -> Dependency:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _TAG_PREFIX + "str" or not node.value.strip():
            raise self._wrong(node, "an entry", "text such as numpy=1.15.4")
        return Dependency(node.value.strip(), self._place(node))

    def _items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        if node is None or _kind(node) == "null":
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong(node, f"'{what}'", "a list, each entry after '- '")
        return list(node.value)

    def _optional_text(self, node: yaml.Node | None, what: str) -> str:
        if node is None or _kind(node) == "null":
            return ""
        if not isinstance(node, yaml.ScalarNode):
            raise self._wrong(node, f"'{what}'", "text")
        return str(node.value)

    def _variables(self, node: yaml.Node | None) -> tuple[tuple[str, str], ...]:
        if node is None or _kind(node) == "null":
            return ()
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, "'variables'", "a mapping of names to text")
        return tuple((str(key.value), self._optional_text(value, str(key.value))) for key, value in node.value)

    def _place(self, node: yaml.Node) -> str:
        return f"{self._shown}:{node.start_mark.line + 1}"

    def _wrong(self, node: yaml.Node, what: str, valid: str) -> UserError:
        kind = _KIND_WORDS.get(_kind(node), _kind(node))
        seen = f" ({node.value})" if isinstance(node, yaml.ScalarNode) and node.value else ""
        remedy = "Put quotes around it if it is text."
        return _invalid(self._place(node), f"{what} is {kind}{seen}, not {valid}", remedy)


def _kind(node: yaml.Node) -> str:
    return str(node.tag).removeprefix(_TAG_PREFIX)


def _invalid(place: str, problem: str, remedy: str) -> UserError:
    return UserError("conda-file-invalid", f"{place}: {problem}.", remedy)
