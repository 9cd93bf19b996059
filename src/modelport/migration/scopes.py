"""Names with what they are, and the arguments of a call."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from modelport.migration.values import NONE, UNKNOWN, Function, Plain, Value, joined


@dataclass(frozen=True)
class Arguments:
    """The values of the arguments of a call."""

    by_place: list[Value]
    by_name: dict[str, Value]

    @property
    def all(self) -> list[Value]:
        """Both, one after the other."""
        return [*self.by_place, *self.by_name.values()]


class Names:
    """Names of a module or function; a function also sees those around it."""

    def __init__(self, around: Names | None = None, *, later: dict[str, Value] | None = None) -> None:
        self.here: dict[str, Value] = {}
        self.around = around
        self.later = later or {}  # what a module's names will be once it has run, for functions that are called then

    def find(self, name: str) -> Value:
        """What a name is; a name that nobody gave is unknown, unless Python has it."""
        scope: Names | None = self
        while scope is not None:
            if name in scope.here:
                return scope.here[name]
            if scope is not self and name in scope.later:
                return scope.later[name]
            scope = scope.around
        return Plain(name) if hasattr(builtins, name) else UNKNOWN


def remember(function: Function, arguments: Arguments) -> None:
    """Note what a function of the program is called with."""
    names = [each.arg for each in (*function.node.args.posonlyargs, *function.node.args.args)]
    for name, value in (*zip(names, arguments.by_place, strict=False), *arguments.by_name.items()):
        function.parameters[name] = joined(function.parameters.get(name, NONE), value)
