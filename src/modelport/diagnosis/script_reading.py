"""Reads a scoring script without running it: what it imports, where it looks for its model, what it does on the way
(pure)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelport.diagnosis import running_reading as running

_LOOK_UP = "get_model_path"
_MODEL_VARIABLE = "AZUREML_MODEL_DIR"
_JOINERS = ("join", "joinpath", "Path", "PurePath", "PosixPath")


@dataclass(frozen=True)
class Import:
    """A module that is imported; `guarded`: within a try that catches its absence, or under a condition."""

    module: str
    line: int
    guarded: bool = False


@dataclass(frozen=True)
class ModelLookUp:
    """A call of `Model.get_model_path` with names that stand in the script; version 0: none is given."""

    name: str
    version: int
    line: int


@dataclass(frozen=True)
class ModelFile:
    """A path below AZUREML_MODEL_DIR that stands in the script: `parts` as they are joined."""

    parts: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class ScriptReading:
    """What a script says of itself, each with its line.

    `init_locals` are the names that init() gives and forgets, `globals_of_init` and `globals_of_run` those that it, and
    run(), declare as global. The last five are lines, 0 where there is none: run() answers an error that it caught,
    returns json.dumps(...), takes the time of day in the machine's zone, makes NaN or infinity; the script changes its
    working directory.
    """

    imports: tuple[Import, ...] = ()
    look_ups: tuple[ModelLookUp, ...] = ()
    model_files: tuple[ModelFile, ...] = ()
    run_returns: bool = True
    run_line: int = 0
    init_locals: tuple[str, ...] = ()
    globals_of_init: tuple[str, ...] = ()
    globals_of_run: tuple[str, ...] = ()
    swallows: int = 0
    answers_json_text: int = 0
    local_time: int = 0
    not_a_number: int = 0
    changes_folder: int = 0


def read_script(text: str) -> ScriptReading:
    """Read a script; raises `SyntaxError` where it does not parse.

    >>> reading = read_script("import joblib\\ndef init(): pass\\ndef run(data): return data")
    >>> [each.module for each in reading.imports]
    ['joblib']
    """
    tree = ast.parse(text)
    run = next((node for node in tree.body if _is_function(node, "run")), None)
    return ScriptReading(
        imports=tuple(_imports(tree)),
        look_ups=tuple(_look_ups(tree)),
        model_files=tuple(_model_files(tree)),
        run_returns=run is None or _returns(run),
        run_line=getattr(run, "lineno", 0),
        **_behaviour(tree, next((node for node in tree.body if _is_function(node, "init")), None), run),
    )


def _behaviour(tree: ast.AST, init: ast.AST | None, run: ast.AST | None) -> dict[str, Any]:
    return {
        "init_locals": running.names_forgotten(init),
        "globals_of_init": running.names_declared_global(init),
        "globals_of_run": running.names_declared_global(run),
        "swallows": running.line_of_swallowed_error(run),
        "answers_json_text": running.line_of_json_text(run),
        "local_time": running.line_of_call(run, "fromtimestamp", arguments=1),
        "not_a_number": running.line_of_not_a_number(run),
        "changes_folder": running.line_of_call(tree, "chdir", arguments=1),
    }


def _is_function(node: ast.AST, name: str) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name


def _imports(tree: ast.AST, guarded: bool = False) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, guarded) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield Import(node.module, node.lineno, guarded)
        else:
            yield from _imports(node, guarded or isinstance(node, (ast.Try, ast.If)))


def _look_ups(tree: ast.AST) -> Iterator[ModelLookUp]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != _LOOK_UP:
            continue
        words = {keyword.arg: keyword.value for keyword in node.keywords}
        name = _constant(node.args[0] if node.args else words.get("model_name"))
        version = _constant(node.args[1] if len(node.args) > 1 else words.get("version"))
        if isinstance(name, str):
            yield ModelLookUp(name, version if isinstance(version, int) else 0, node.lineno)


def _constant(node: ast.AST | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _model_files(tree: ast.AST) -> Iterator[ModelFile]:
    folders = _names_of_the_folder(tree)
    for node in ast.walk(tree):
        parts = _joined(node, folders)
        if parts:
            yield ModelFile(parts, getattr(node, "lineno", 0))


def _names_of_the_folder(tree: ast.AST) -> set[str]:
    """Variables that hold the folder of the models as it is: `root = os.environ["AZUREML_MODEL_DIR"]`."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_folder(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_folder(node: ast.AST, folders: set[str]) -> bool:
    """Whether an expression is the folder: the environment variable, however asked for, or a name that has it."""
    if isinstance(node, ast.Name):
        return node.id in folders
    if isinstance(node, ast.Subscript):
        return _constant(node.slice) == _MODEL_VARIABLE
    if isinstance(node, ast.Call):
        named = bool(node.args) and _constant(node.args[0]) == _MODEL_VARIABLE
        wrapped = _callee(node) in _JOINERS and len(node.args) == 1 and _is_folder(node.args[0], folders)
        return named or wrapped
    return False


def _callee(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _joined(node: ast.AST, folders: set[str]) -> tuple[str, ...]:
    """The parts behind the folder, of `os.path.join(folder, "a", "b")`, `Path(folder) / "a"`, `folder + "/a"`, or an
    f-string; empty for anything else, and where a part is not known."""
    if isinstance(node, ast.Call) and _callee(node) in _JOINERS and len(node.args) > 1:
        return _constants(node.args[1:]) if _is_folder(node.args[0], folders) else ()
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)) and _is_folder(node.left, folders):
        return _constants([node.right])
    if isinstance(node, ast.JoinedStr) and len(node.values) == 2:
        first, rest = node.values
        if isinstance(first, ast.FormattedValue) and _is_folder(first.value, folders):
            return _constants([rest])
    return ()


def _constants(nodes: list[ast.expr]) -> tuple[str, ...]:
    values = [_constant(node) for node in nodes]
    if not all(isinstance(value, str) for value in values):
        return ()
    return tuple(part for value in values for part in str(value).split("/") if part)


def _returns(function: ast.AST) -> bool:
    """Whether a function gives something back: it returns a value, yields, or always raises."""
    wanted = (ast.Return, ast.Yield, ast.YieldFrom, ast.Raise)
    for node in ast.iter_child_nodes(function):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(node, wanted) and not (isinstance(node, ast.Return) and node.value is None):
            return True
        if _returns(node):
            return True
    return False
