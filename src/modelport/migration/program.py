"""Follows a program statement by statement, in the order in which it would run; nothing is executed.

Branches are followed one after the other in the same names, so that after `if … else …` a name is what the last branch
made it, unless that is nothing of v1. Functions of the program are followed where they are defined, with what they were
called with; the program is followed three times, so that calls that come later are known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from modelport.migration import catalog
from modelport.migration.elements import element_of
from modelport.migration.expressions import Expressions
from modelport.migration.scopes import Names
from modelport.migration.sources import Place, Source
from modelport.migration.uses import IMPORT, Use
from modelport.migration.values import FOREIGN, NONE, UNKNOWN, Class, Function, Kind, Module, Object, Value, joined

_ROUNDS = 3
_NOBODY = "?"


def uses_of(source: Source) -> tuple[list[Use], list[tuple[Place, str]]]:
    """Every use of v1 in the Python of a program, and the pieces of it that do not parse, with why."""
    trees, broken = [], []
    for cell, text in source.python:
        try:
            trees.append((cell, ast.parse(text)))
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None) or 1
            broken.append((Place(source.file, line, cell), f"this is no Python 3: {getattr(error, 'msg', error)}"))
    found: list[Use] = []
    statements = Statements(found.append, source.file)
    for _ in range(_ROUNDS):
        found.clear()
        statements.run(trees)
    return found, broken


class Statements(Expressions):
    """Follows the statements of one program; what is learnt of its functions and classes stays between rounds."""

    def __init__(self, record: Callable[[Use], None], file: str) -> None:
        super().__init__(record, file)
        self._functions: dict[ast.AST, Function] = {}
        self._classes: dict[ast.AST, Class] = {}
        self._current: Function | None = None
        self._is_branch = False

    def run(self, trees: list[tuple[int, ast.Module]]) -> None:
        """Follow the pieces one after the other."""
        self.names = Names(later=dict(self.names.here))
        for cell, tree in trees:
            self._cell = cell
            self._block(tree.body)

    def _block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            follow = getattr(self, f"_do_{type(statement).__name__}", self._do_other)
            follow(statement)

    def _do_other(self, node: ast.stmt) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.of(child)

    # Imports -------------------------------------------------------------------------------------------------------

    def _do_Import(self, node: ast.Import) -> None:  # noqa: N802 - named as the node
        for each in node.names:
            top = each.name.partition(".")[0]
            if not catalog.is_v1(each.name):
                self.names.here[each.asname or top] = FOREIGN
                continue
            self.use(node, IMPORT, each.name, "" if catalog.has_module(each.name) else _NOBODY)
            self.names.here[each.asname or top] = Module(each.name if each.asname else top)

    def _do_ImportFrom(self, node: ast.ImportFrom) -> None:  # noqa: N802
        module = node.module or ""
        for each in node.names:
            if node.level or not catalog.is_v1(module):
                self._import_other(each, is_own=bool(node.level))
            elif each.name == "*":
                self.use(node, IMPORT, f"{module}.*", "" if catalog.has_module(module) else _NOBODY)
                for name in catalog.names_of(module):
                    self.names.here[name] = catalog.module_member(module, name) or UNKNOWN
            else:
                self._import_name(node, module, each)

    def _import_other(self, each: ast.alias, *, is_own: bool) -> None:
        """A module beside the program may hand out anything of v1; the packages of others do not."""
        if each.name != "*":
            self.names.here[each.asname or each.name] = UNKNOWN if is_own else FOREIGN

    def _import_name(self, node: ast.ImportFrom, module: str, each: ast.alias) -> None:
        found = catalog.module_member(module, each.name) if catalog.has_module(module) else None
        reason = catalog.absent_reason(found) if isinstance(found, Kind) else ""
        self.use(node, IMPORT, f"{module}.{each.name}", reason if found is not None else _NOBODY)
        self.names.here[each.asname or each.name] = UNKNOWN if found is None else found

    # Assignments ---------------------------------------------------------------------------------------------------

    def _do_Assign(self, node: ast.Assign) -> None:  # noqa: N802
        value = self.of(node.value)
        for target in node.targets:
            self._give(target, value)

    def _do_AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: N802
        value = joined(self.of(node.value), self._declared(node.annotation))
        self._give(node.target, value)

    def _do_AugAssign(self, node: ast.AugAssign) -> None:  # noqa: N802
        self.of(node.value)

    def _give(self, target: ast.expr, value: Value) -> None:
        """In a branch, nothing and what nobody knows do not replace what is known of v1."""
        if self._is_branch and value in (NONE, UNKNOWN) and isinstance(target, ast.Name):
            value = joined(self.names.here.get(target.id, NONE), value)
        self.bind(target, value)

    def _declared(self, annotation: ast.expr | None) -> Value:
        """The object that an annotation promises; nothing where it promises none of v1."""
        if annotation is None:
            return NONE
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                return self._declared(ast.parse(annotation.value, mode="eval").body)
            except SyntaxError:
                return NONE
        named = self.of(annotation) if isinstance(annotation, (ast.Name, ast.Attribute)) else NONE
        return catalog.object_of(named) if isinstance(named, Kind) else NONE

    # Blocks --------------------------------------------------------------------------------------------------------

    def _do_If(self, node: ast.If | ast.While) -> None:  # noqa: N802
        self.of(node.test)
        self._branches(node.body, node.orelse)

    _do_While = _do_If  # noqa: N815

    def _do_For(self, node: ast.For | ast.AsyncFor) -> None:  # noqa: N802
        self.bind(node.target, element_of(self.of(node.iter)))
        self._branches(node.body, node.orelse)

    _do_AsyncFor = _do_For  # noqa: N815

    def _do_With(self, node: ast.With | ast.AsyncWith) -> None:  # noqa: N802
        for each in node.items:
            value = self.of(each.context_expr)
            if each.optional_vars is not None:
                self.bind(each.optional_vars, value)
        self._block(node.body)

    _do_AsyncWith = _do_With  # noqa: N815

    def _do_Try(self, node: ast.Try) -> None:  # noqa: N802
        self._branches(node.body)
        for handler in node.handlers:
            self.of(handler.type)
            if handler.name:
                self.names.here[handler.name] = FOREIGN
            self._branches(handler.body)
        self._branches(node.orelse, node.finalbody)

    _do_TryStar = _do_Try  # noqa: N815

    def _do_Match(self, node: ast.Match) -> None:  # noqa: N802
        self.of(node.subject)
        for case in node.cases:
            self._branches(case.body)

    def _branches(self, *bodies: list[ast.stmt]) -> None:
        before, self._is_branch = self._is_branch, True
        for body in bodies:
            self._block(body)
        self._is_branch = before

    # Functions and classes of the program ----------------------------------------------------------------------------

    def _do_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:  # noqa: N802
        for decorator in node.decorator_list:
            self.of(decorator)
        function = self._functions.setdefault(node, Function(node))
        self.names.here[node.name] = function
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.of(default)
        outer, self._current = self._current, function
        with self.inside():
            for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                declared = self._declared(each.annotation)
                seen = function.parameters.get(each.arg, NONE)
                known = joined(declared, seen)
                self.names.here[each.arg] = UNKNOWN if known is NONE else known
            self._block(node.body)
        self._current = outer
        function.returned = joined(function.returned, self._declared(node.returns))

    _do_AsyncFunctionDef = _do_FunctionDef  # noqa: N815

    def _do_Return(self, node: ast.Return) -> None:  # noqa: N802
        value = self.of(node.value)
        if self._current is not None:
            self._current.returned = joined(self._current.returned, value)

    def _do_ClassDef(self, node: ast.ClassDef) -> None:  # noqa: N802
        for expression in (*node.decorator_list, *node.bases):
            self.of(expression)
        made = self._classes.setdefault(node, Class())
        self.names.here[node.name] = made
        for each in node.body:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.args.args:
                function = self._functions.setdefault(each, Function(each))
                function.parameters[each.args.args[0].arg] = Object(made)
        with self.inside():
            self._block(node.body)
            made.attributes.update({name: value for name, value in self.names.here.items() if value is not UNKNOWN})
