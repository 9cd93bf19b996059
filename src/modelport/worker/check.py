"""Looks at a scoring script without running it: does it exist, parse, and have an `init()` and a `run()` to call?

The client side calls `check_script` before anything starts; the worker's own, final judgement is in `script.py`.
"""

import ast

from .problem import check_name, missing_function, signature_problem, syntax_problem
from .signature import Parameter, init_complaint, run_complaint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OURS = ("input_schema", "output_schema")
_RAW = "rawhttp"


class ScriptOutline(object):
    """What a look at the script told: `kind` is text, schema, raw or unknown; `arguments` are those of `run()`."""

    __slots__ = ("arguments", "has_star_import", "kind")

    def __init__(self, kind: str, arguments: "list[str]", has_star_import: bool) -> None:
        self.kind = kind
        self.arguments = arguments
        self.has_star_import = has_star_import


def check_script(path: str) -> ScriptOutline:
    """Check a scoring script by its text alone. Raises `ScriptProblem` with the file and line of the user's code."""
    check_name(path)
    names, has_star_import = _top_level_names(parse(path).body)
    for wanted in ("init", "run"):
        if wanted not in names and not has_star_import:
            raise missing_function(wanted, "defines no %s()" % wanted, path)
    run = names.get("run")
    kind = _kind_of(run)
    _check_init(names.get("init"), path)
    arguments = _check_run(run, kind, path)
    return ScriptOutline(kind, arguments, has_star_import)


def parse(path: str) -> ast.Module:
    """The syntax tree of a file. Raises `ScriptProblem` where it does not parse, with the line and the text of it."""
    with open(path, "rb") as file:
        source = file.read()
    try:
        return ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        raise syntax_problem(error, path) from None


def _top_level_names(body: "list[Any]") -> "tuple[dict[str, Any], bool]":
    """Names bound at the top level, with the node that binds each, and whether a star import may bind more."""
    names = {}  # type: dict[str, Any]
    star = False
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names[node.name] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                star = star or alias.name == "*"
                names[alias.asname or alias.name.partition(".")[0]] = node
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            for part in _blocks(node):
                inner, inner_star = _top_level_names(part)
                names.update(inner)
                star = star or inner_star
        else:
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    names[each.id] = node
    return names, star


def _blocks(node: "Any") -> "list[list[Any]]":
    blocks = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
    blocks.extend(handler.body for handler in getattr(node, "handlers", []))
    return blocks


def _kind_of(run: "Any") -> str:
    """How `run` takes its request, as far as its decorators tell."""
    if not isinstance(run, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return "unknown"
    words = [_decorator_name(each) for each in run.decorator_list]
    if not words:
        return "text"
    if all(word in _OURS for word in words):
        return "schema" if _OURS[0] in words else "text"
    return "raw" if words == [_RAW] else "unknown"


def _decorator_name(node: "Any") -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return str(getattr(target, "attr", getattr(target, "id", "")))


def _check_init(node: "Any", path: str) -> None:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.decorator_list:
        complaint = init_complaint(_parameters(node.args))
        if complaint:
            raise signature_problem(complaint, (path, node.lineno))


def _check_run(node: "Any", kind: str, path: str) -> "list[str]":
    if kind == "unknown":
        return []
    parameters = _parameters(node.args)
    complaint = run_complaint(parameters, one_value=kind != "schema")
    if complaint:
        raise signature_problem(complaint, (path, node.lineno))
    return [each.name for each in parameters if each.name != "request_headers"]


def _parameters(arguments: ast.arguments) -> "list[Parameter]":
    positional_only = list(getattr(arguments, "posonlyargs", []))
    positional = positional_only + list(arguments.args)
    first_default = len(positional) - len(arguments.defaults)
    found = [
        Parameter(each.arg, "positional-only" if at < len(positional_only) else "normal", at < first_default)
        for at, each in enumerate(positional)
    ]
    if arguments.vararg is not None:
        found.append(Parameter(arguments.vararg.arg, "args", False))
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        found.append(Parameter(each.arg, "keyword-only", default is None))
    if arguments.kwarg is not None:
        found.append(Parameter(arguments.kwarg.arg, "kwargs", False))
    return found
