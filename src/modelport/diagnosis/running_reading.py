"""Reads what `init()` and `run()` of a script do with names, errors and answers (pure)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_NO_NUMBERS = ("nan", "inf", "infinity")
_CALLS_WITHOUT_NUMBER = tuple(f"float('{sign}{name}')" for name in _NO_NUMBERS for sign in ("", "+", "-"))
_BROAD = ("Exception", "BaseException")


def names_declared_global(function: ast.AST | None) -> tuple[str, ...]:
    """The names that a function says are global.

    >>> names_declared_global(ast.parse("def init():\\n  global model, x").body[0])
    ('model', 'x')
    """
    return tuple(name for node in _within(function) if isinstance(node, ast.Global) for name in node.names)


def names_forgotten(function: ast.AST | None) -> tuple[str, ...]:
    """The names that a function assigns and that end with it, because it does not say that they are global."""
    kept = names_declared_global(function)
    given = (node.id for node in _within(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return tuple(dict.fromkeys(name for name in given if name not in kept))


def line_of_swallowed_error(function: ast.AST | None) -> int:
    """The line on which a function gives back an error that it caught, whatever it was; 0 if it does not.

    >>> line_of_swallowed_error(ast.parse("try:\\n  x()\\nexcept Exception as e:\\n  return str(e)"))
    4
    """
    for handler in _within(function):
        if isinstance(handler, ast.ExceptHandler) and _is_broad(handler) and handler.name:
            told = _names_that_tell(handler)
            for node in _within(handler):
                if isinstance(node, ast.Return) and told & {part.id for part in _names(node)}:
                    return node.lineno
    return 0


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in _BROAD)


def _names_that_tell(handler: ast.ExceptHandler) -> set[str]:
    """The name of the error, and those that were made of it."""
    told = {str(handler.name)}
    for node in _within(handler):
        if isinstance(node, ast.Assign) and told & {part.id for part in _names(node.value)}:
            told |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return told


def line_of_json_text(function: ast.AST | None) -> int:
    """The line on which a function returns `json.dumps(...)`; 0 if it does not."""
    for node in _within(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
            callee = node.value.func
            if isinstance(callee, ast.Attribute) and ast.unparse(callee) == "json.dumps":
                return node.lineno
    return 0


def line_of_not_a_number(function: ast.AST | None) -> int:
    """The line on which a function writes `float("nan")`, `float("inf")`, or nan and inf of a library; 0 if none."""
    for node in _within(function):
        if isinstance(node, ast.Call) and ast.unparse(node).lower() in _CALLS_WITHOUT_NUMBER:
            return node.lineno
        if isinstance(node, ast.Attribute) and node.attr in _NO_NUMBERS:
            return node.lineno
    return 0


def line_of_call(tree: ast.AST | None, name: str, arguments: int) -> int:
    """The first line that calls something of this name with so many arguments; 0 if none does."""
    for node in _within(tree):
        if isinstance(node, ast.Call) and len(node.args) + len(node.keywords) == arguments:
            callee = node.func
            if getattr(callee, "attr", getattr(callee, "id", "")) == name:
                return node.lineno
    return 0


def _within(node: ast.AST | None) -> Iterator[ast.AST]:
    return iter(()) if node is None else ast.walk(node)


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (part for part in ast.walk(node) if isinstance(part, ast.Name))
