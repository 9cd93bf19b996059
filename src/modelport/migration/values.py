"""What the scanner knows of a value: a module, class or object of v1, several of them, or nothing."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field


class Value:
    """Anything; what is none of the classes below is of no interest, or not known."""

    @property
    def is_v1(self) -> bool:
        """Whether it is, or holds, something of v1."""
        return False


@dataclass(frozen=True)
class Plain(Value):
    """A value that has nothing to do with v1 (`name` is that of a function of Python), or, UNKNOWN, that may have."""

    name: str = ""


FOREIGN = Plain()
UNKNOWN = Plain("?")
NONE = Plain("None")


@dataclass(frozen=True)
class Module(Value):
    """A module of v1, "azureml.core"."""

    name: str

    @property
    def is_v1(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class Kind(Value):
    """A class or function of v1.

    `name` is the last part of its name, `path` all of it as v1 has it; `home` is where ours is, "module:Name", or
    "absent:KEY" with the key of the reason.
    """

    name: str
    home: str
    path: str = ""

    @property
    def is_v1(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class Instance(Value):
    """An object of a class of v1."""

    kind: Kind

    @property
    def is_v1(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class Many(Value):
    """A list, an iterator, or (`is_mapping`) the values of a dictionary, all of a kind."""

    element: Value
    is_mapping: bool = False

    @property
    def is_v1(self) -> bool:
        """Whether its elements are."""
        return self.element.is_v1


@dataclass(frozen=True)
class Parts(Value):
    """A tuple, part by part."""

    parts: tuple[Value, ...]

    @property
    def is_v1(self) -> bool:
        """Whether a part is."""
        return any(part.is_v1 for part in self.parts)


@dataclass(eq=False)
class Function(Value):
    """A function of the program: what it was called with, and what it returned, as far as that was seen."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    parameters: dict[str, Value] = field(default_factory=dict)
    returned: Value = NONE


@dataclass(eq=False)
class Class(Value):
    """A class of the program, with what its objects were given."""

    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Object(Value):
    """An object of a class of the program."""

    kind: Class


def joined(first: Value, second: Value) -> Value:
    """What a name is that may be either: what is known of v1 goes first.

    >>> joined(NONE, Module("azureml")), joined(FOREIGN, UNKNOWN) is UNKNOWN
    (Module(name='azureml'), True)
    """
    if first.is_v1 or second in (NONE, first):
        return first
    if second.is_v1 or first is NONE:
        return second
    return first if first not in (FOREIGN, UNKNOWN) else second if second is not FOREIGN else first
