"""Sizes that keep a file and a function readable, and words that give unfinished work away."""

from __future__ import annotations

import ast
import re

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 5
# Name -> why it may be longer.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
CROWDED_FUNCTIONS: dict[str, str] = {
    "modelport.errors.DeploymentError.__init__": "an error carries what its reader may ask for",
    "modelport.errors.ScoringError.__init__": "an error carries what its reader may ask for",
    "modelport.v1_errors.AzureMLException.__init__": "its parameters are v1's",
    "modelport.worker.request.Request.__init__": "a request is its parts, and is made once for each",
    "modelport.worker.wire.pack_request": "a frame is its parts; an object for them would be made for each request",
    "modelport.worker.wire.pack_answer": "a frame is its parts; an object for them would be made for each request",
    "modelport.process.spawn": "what a program inherits: the words, environment, folder and descriptors",
}
DOORS = {"sdk", "cli", "azureml"}  # v1's and the command line's long signatures end there

UNFINISHED = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|raise NotImplementedError)\b|(?<!-)\bstub(s|bed)?\b|\bnot implemented\b", re.IGNORECASE
)


def functions(module):
    """Every function and method with its dotted name."""

    def walk(node, prefix):
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            name = f"{prefix}.{child.name}" if named else prefix
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield name, child
            yield from walk(child, name)

    return walk(module.tree, module.name)


def long_functions(module):
    for name, node in functions(module):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES and name not in LONG_FUNCTIONS:
            yield f"{name} has {lines} lines, more than {FUNCTION_LINES}"


def empty_functions(module):
    """Functions whose body does nothing: `pass`, or `...` outside a protocol, an overload and an abstract method."""
    declared = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        for inner in node.body
    }
    for name, node in functions(module):
        decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
        if id(node) in declared or "overload" in decorators or "abstract" in decorators:
            continue
        body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
        if all(isinstance(statement, ast.Pass) or _is_ellipsis(statement) for statement in body):
            yield f"{name} does nothing"


def _is_ellipsis(statement):
    return isinstance(statement, ast.Expr) and ast.unparse(statement) == "..."


def crowded_functions(module):
    """Functions below the doors with too many parameters, `self` and `cls` aside."""
    for name, node in functions(module):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = sum(argument.arg not in ("self", "cls") for argument in arguments)
        if count > PARAMETERS and module.unit not in DOORS and name not in CROWDED_FUNCTIONS:
            yield f"{name} has {count} parameters, more than {PARAMETERS}"


def unfinished_words(module):
    for number, line in enumerate(module.text.splitlines(), start=1):
        if UNFINISHED.search(line):
            yield f"{module.where(number)}: {line.strip()}"


def test_files_are_short(modules):
    lengths = {module.name: module.text.count("\n") for module in modules}
    assert {name: n for name, n in lengths.items() if n > FILE_LINES and name not in LONG_FILES} == {}


def test_functions_are_short(modules):
    assert [problem for module in modules for problem in long_functions(module)] == []


def test_functions_take_few_parameters(modules):
    assert [problem for module in modules for problem in crowded_functions(module)] == []


def test_no_function_is_empty(modules):
    assert [problem for module in modules for problem in empty_functions(module)] == []


def test_no_word_tells_of_unfinished_work(modules):
    assert [problem for module in modules for problem in unfinished_words(module)] == []


def test_every_exemption_is_still_needed(modules):
    names = {name for module in modules for name in (module.name, *(name for name, _ in functions(module)))}
    assert sorted((LONG_FILES.keys() | LONG_FUNCTIONS.keys() | CROWDED_FUNCTIONS.keys()) - names) == []


def test_a_long_function_is_found(invent):
    body = "\n".join("    x = 1" for _ in range(FUNCTION_LINES))
    assert list(long_functions(invent("modelport.x", f"class A:\n  def f():\n{body}\n")))


def test_empty_functions_are_found_and_protocols_are_not(invent):
    text = '''
class Target(Protocol):
    def observe(self): ...
class A:
    def f(self):
        "It says something."
        pass
    def g(self): ...
    def h(self):
        "A docstring."
        return 1
'''
    names = [problem.split()[0] for problem in empty_functions(invent("modelport.x", text))]
    assert names == ["modelport.x.A.f", "modelport.x.A.g"]


def test_a_crowded_function_is_found_below_the_doors_alone(invent):
    text = "def f(a, b, c, d, e, f): return 1\n"
    assert list(crowded_functions(invent("modelport.registry.x", text)))
    assert not list(crowded_functions(invent("modelport.sdk.x", text)))


def test_unfinished_words_are_found(invent):
    assert list(unfinished_words(invent("modelport.x", "# TO" + "DO: later\n")))
