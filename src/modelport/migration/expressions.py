"""Follows expressions of a program: what each is, as far as it comes from v1; uses of v1 are recorded on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from modelport.migration import catalog
from modelport.migration.elements import element_of, many, of_builtin, of_collection
from modelport.migration.members import MADE_OF_ARGUMENT, REASONS_OF_MEMBERS
from modelport.migration.scopes import Arguments, Names, remember
from modelport.migration.sources import Place
from modelport.migration.uses import ATTRIBUTE, CALL, Use
from modelport.migration.values import (
    FOREIGN,
    NONE,
    UNKNOWN,
    Class,
    Function,
    Instance,
    Kind,
    Many,
    Module,
    Object,
    Parts,
    Plain,
    Value,
    joined,
)  # fmt: skip
from modelport.v1_imports.table import ABSENT_PREFIX

_NOBODY = "?"


class Expressions:
    """Evaluates expressions in `self.names`; `record` takes every use."""

    def __init__(self, record: Callable[[Use], None], file: str) -> None:
        self._record = record
        self._file = file
        self._cell = 0
        self.names = Names()

    def of(self, node: ast.expr | None) -> Value:
        """What an expression is."""
        if node is None:
            return NONE
        found = getattr(self, f"_of_{type(node).__name__}", None)
        if found is not None:
            return found(node)  # type: ignore[no-any-return]
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.of(child)
        return FOREIGN

    def use(self, node: ast.AST, kind: str, name: str, absent: str = "", **more: object) -> None:
        """Record a use at the place of a node."""
        place = Place(self._file, getattr(node, "lineno", 1), self._cell)
        self._record(Use(place, kind, name, absent, **more))  # type: ignore[arg-type]

    # Names and attributes ------------------------------------------------------------------------------------------

    def _of_Constant(self, node: ast.Constant) -> Value:  # noqa: N802 - named as the node
        return NONE if node.value is None else FOREIGN

    def _of_Name(self, node: ast.Name) -> Value:  # noqa: N802
        return self.names.find(node.id)

    def _of_Attribute(self, node: ast.Attribute) -> Value:  # noqa: N802
        return self._member(self.of(node.value), node, is_call=False)[0]

    def _member(
        self, owner: Value, node: ast.Attribute, *, is_call: bool
    ) -> tuple[Value, tuple[str, catalog.Member] | None]:
        """What an attribute is, and, of a class of v1, its name and all about it; reading it is recorded, calling it is
        not yet."""
        if isinstance(owner, Module):
            return self._of_module(owner, node), None
        if isinstance(owner, Object):
            return owner.kind.attributes.get(node.attr, UNKNOWN), None
        kind = owner.kind if isinstance(owner, Instance) else owner
        if isinstance(kind, Kind):
            return self._of_kind(kind, node, is_call=is_call)
        return (UNKNOWN if owner is UNKNOWN else FOREIGN), None

    def _of_module(self, module: Module, node: ast.Attribute) -> Value:
        found = catalog.module_member(module.name, node.attr)
        if found is None:
            self.use(node, ATTRIBUTE, f"{module.name}.{node.attr}", _NOBODY)
            return UNKNOWN
        return found

    def _of_kind(
        self, kind: Kind, node: ast.Attribute, *, is_call: bool
    ) -> tuple[Value, tuple[str, catalog.Member]]:
        name, reason = f"{kind.name}.{node.attr}", catalog.absent_reason(kind)
        found = None if reason else catalog.member(kind, node.attr)
        if found is not None:
            owner, member = found
            name = f"{owner.name}.{node.attr}"
        elif reason:
            inner = Kind(name, kind.home)
            member = catalog.Member(inner, Instance(inner), absent=reason)
        else:
            member = _missing(name)
        is_of_interest = not reason and (member.absent or not isinstance(member.value, Kind))
        if not is_call and is_of_interest:  # of what is absent only calls raise
            self.use(node, ATTRIBUTE, name, member.absent)
        return member.value, (name, member)

    # Calls ---------------------------------------------------------------------------------------------------------

    def _of_Call(self, node: ast.Call) -> Value:  # noqa: N802
        if isinstance(node.func, ast.Attribute):
            owner = self.of(node.func.value)
            return self._call_attribute(owner, node, self._arguments(node))
        called = self.of(node.func)
        return self._call(called, node, self._arguments(node))

    def _arguments(self, node: ast.Call) -> Arguments:
        by_place = [self.of(argument) for argument in node.args]
        return Arguments(by_place, {each.arg or "**": self.of(each.value) for each in node.keywords})

    def _call_attribute(self, owner: Value, node: ast.Call, arguments: Arguments) -> Value:
        function = node.func
        if not isinstance(function, ast.Attribute):
            return UNKNOWN
        if isinstance(owner, Many):
            return of_collection(owner, function.attr)
        value, found = self._member(owner, function, is_call=True)
        if found is None:
            if value is UNKNOWN and owner is UNKNOWN:
                self.use(node, CALL, function.attr, is_guess=True)
            return self._call(value, node, arguments)
        name, member = found
        if isinstance(member.value, Kind) and not member.absent:
            return self._call(member.value, node, arguments)
        self.use(node, CALL, name, member.absent, keywords=_keywords(node), signature=member.signature)
        return (_made_of(arguments) if name in MADE_OF_ARGUMENT else None) or member.returns

    def _call(self, called: Value, node: ast.Call, arguments: Arguments) -> Value:
        if isinstance(called, Kind):
            return self._call_kind(called, node)
        if isinstance(called, Function):
            remember(called, arguments)
            return called.returned
        if isinstance(called, Class):
            start = called.attributes.get("__init__")
            if isinstance(start, Function):
                remember(start, Arguments([Object(called), *arguments.by_place], arguments.by_name))
            return Object(called)
        if isinstance(called, Plain) and called.name and called is not UNKNOWN:
            return of_builtin(called.name, arguments.by_place)
        return UNKNOWN if called is UNKNOWN else FOREIGN

    def _call_kind(self, kind: Kind, node: ast.Call) -> Value:
        reason = catalog.absent_reason(kind)
        if reason:
            self.use(node, CALL, kind.name, reason)
            return Instance(kind)
        made = catalog.constructor(kind)
        self.use(node, CALL, kind.name, keywords=_keywords(node), signature=made.signature)
        return made.returns

    # What holds other values ---------------------------------------------------------------------------------------

    def _of_Subscript(self, node: ast.Subscript) -> Value:  # noqa: N802
        owner, place = self.of(node.value), node.slice
        self.of(place)
        if isinstance(owner, Many):
            return owner if isinstance(place, ast.Slice) else owner.element
        if isinstance(owner, Parts) and isinstance(place, ast.Constant) and isinstance(place.value, int):
            return owner.parts[place.value] if -len(owner.parts) <= place.value < len(owner.parts) else UNKNOWN
        if isinstance(owner, Instance) and catalog.absent_reason(owner.kind):
            return owner
        return UNKNOWN if owner is UNKNOWN else FOREIGN

    def _of_List(self, node: ast.List | ast.Set) -> Value:  # noqa: N802
        return many([self.of(each) for each in node.elts])

    _of_Set = _of_List  # noqa: N815

    def _of_Tuple(self, node: ast.Tuple) -> Value:  # noqa: N802
        return Parts(tuple(self.of(each) for each in node.elts))

    def _of_Dict(self, node: ast.Dict) -> Value:  # noqa: N802
        for key in node.keys:
            self.of(key)
        return Many(many([self.of(each) for each in node.values]).element, is_mapping=True)

    def _of_Starred(self, node: ast.Starred) -> Value:  # noqa: N802
        return element_of(self.of(node.value))

    def _of_IfExp(self, node: ast.IfExp) -> Value:  # noqa: N802
        self.of(node.test)
        return joined(self.of(node.body), self.of(node.orelse))

    def _of_BoolOp(self, node: ast.BoolOp) -> Value:  # noqa: N802
        first, *others = [self.of(each) for each in node.values]
        for other in others:
            first = joined(first, other)
        return first

    def _of_NamedExpr(self, node: ast.NamedExpr) -> Value:  # noqa: N802
        value = self.of(node.value)
        self.bind(node.target, value)
        return value

    def _of_Await(self, node: ast.Await) -> Value:  # noqa: N802
        return self.of(node.value)

    def _of_Lambda(self, node: ast.Lambda) -> Value:  # noqa: N802
        with self.inside():
            for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                self.names.here[each.arg] = UNKNOWN
            self.of(node.body)
        return FOREIGN

    def _of_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:  # noqa: N802
        with self.inside():
            self._loops(node.generators)
            return Many(self.of(node.elt))

    _of_SetComp = _of_ListComp  # noqa: N815
    _of_GeneratorExp = _of_ListComp  # noqa: N815

    def _of_DictComp(self, node: ast.DictComp) -> Value:  # noqa: N802
        with self.inside():
            self._loops(node.generators)
            self.of(node.key)
            return Many(self.of(node.value), is_mapping=True)

    def _loops(self, generators: list[ast.comprehension]) -> None:
        for each in generators:
            self.bind(each.target, element_of(self.of(each.iter)))
            for condition in each.ifs:
                self.of(condition)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Names of a function or comprehension."""
        outer, self.names = self.names, Names(self.names)
        try:
            yield
        finally:
            self.names = outer

    def bind(self, target: ast.expr, value: Value) -> None:
        """Give a name, an attribute or each part of a tuple its value."""
        if isinstance(target, ast.Name):
            self.names.here[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = value.parts if isinstance(value, Parts) and len(value.parts) == len(target.elts) else None
            for place, each in enumerate(target.elts):
                self.bind(each, parts[place] if parts else element_of(value))
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)
        elif isinstance(target, ast.Attribute):
            owner = self.of(target.value)
            if isinstance(owner, Object):
                owner.kind.attributes[target.attr] = joined(owner.kind.attributes.get(target.attr, NONE), value)
            else:
                self._member(owner, target, is_call=False)
        else:
            self.of(target)


def _made_of(arguments: Arguments) -> Value | None:
    """An object of the absent class that an argument belongs to; None if none does."""
    for each in arguments.all:
        if isinstance(each, Instance) and catalog.absent_reason(each.kind):
            return Instance(Kind(each.kind.name.partition(".")[0], each.kind.home))
    return None


def _missing(name: str) -> catalog.Member:
    """What v1's class has and ours has not; what comes of it is absent for the same reason, where one is known."""
    reason = REASONS_OF_MEMBERS.get(name)
    if reason is None:
        return catalog.Member(UNKNOWN, absent=_NOBODY)
    inner = Kind(name, f"{ABSENT_PREFIX}{reason}")
    return catalog.Member(inner, Instance(inner), absent=reason)


def _keywords(node: ast.Call) -> tuple[str, ...]:
    return tuple(each.arg for each in node.keywords if each.arg)
