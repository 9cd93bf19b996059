"""Every error code has a page that explains it, every page explains a code in use."""

from __future__ import annotations

import ast
import re

import pytest

KEBAB_CASE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
FINDERS = {"Finding", "Known", "_Fault", "_raised", "_parse_error"}
SECTIONS = ("## Why it happens", "## What to do")


def error_classes(modules):
    """Names of the classes that are made with a code as first argument, and of everything derived from them."""
    classes = [node for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases} for node in classes}
    found = {node.name for node in classes if _first_parameter(node) == "code"}
    while True:
        more = {name for name, parents in bases.items() if parents & found} - found
        if not more:
            return found - {node.name for node in classes if _first_parameter(node) not in ("", "code")}
        found |= more


def _first_parameter(node):
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__" and len(method.args.args) > 1:
            return method.args.args[1].arg
    return ""


def raised_codes(modules):
    """(code, place) of each error that is made; the code is None where it is not a literal word."""
    classes = error_classes(modules)
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            function, code = ast.unparse(node.func), _literal_code(node)
            if function.rpartition(".")[2] in classes or (function == "super().__init__" and code):
                yield code, module.where(node.lineno)


def _literal_code(call):
    first = call.args[0] if call.args else next((word.value for word in call.keywords if word.arg == "code"), None)
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def problem_codes(modules):
    """(code, place) of each row in the table of HTTP problems of the server."""
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "PROBLEMS":
                yield from ((key.value, module.where(key.lineno)) for key in node.value.keys)


def finding_codes(modules):
    """(code, place) of each finding of the doctor: among the first two arguments of what makes findings."""
    for module in modules:
        for node in ast.walk(module.tree) if module.name.startswith("modelport.diagnosis.") else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in FINDERS:
                words = [each.value for argument in node.args[:2] for each in ast.walk(argument) if _is_text(each)]
                codes = [word for word in words if KEBAB_CASE.fullmatch(word) and "-" in word]
                yield from ((code, module.where(node.lineno)) for code in codes)


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def used_codes(modules):
    found = [*raised_codes(modules), *problem_codes(modules), *finding_codes(modules)]
    return {code: place for code, place in found if code}


@pytest.fixture(scope="module")
def pages(root):
    return {path.stem: path.read_text(encoding="utf-8") for path in (root / "src/modelport/explanations").glob("*.md")}


def test_every_error_is_made_with_a_literal_code(modules):
    assert [place for code, place in raised_codes(modules) if code is None] == []


def test_every_code_is_in_kebab_case(modules):
    assert [code for code in used_codes(modules) if not KEBAB_CASE.fullmatch(code)] == []


def test_every_code_has_a_page(modules, pages):
    assert {code: place for code, place in used_codes(modules).items() if code not in pages} == {}


def test_every_page_explains_a_code_in_use(modules, pages):
    assert sorted(pages.keys() - used_codes(modules).keys()) == []


def test_every_page_says_why_and_what_to_do(pages):
    lacking = {
        code: [part for part in (f"# {code}\n", *SECTIONS) if part not in f"{text}\n"] for code, text in pages.items()
    }
    assert {code: parts for code, parts in lacking.items() if parts} == {}


def test_codes_of_derived_and_renamed_errors_are_found(invent):
    errors = invent("modelport.errors", "class Root(Exception):\n    def __init__(self, code, message): ...\n")
    module = invent(
        "modelport.registry.x",
        "class Odd(Root): ...\nraise errors.Odd('a-b', 'm')\nRoot(code, 'm')\nRoot(code='c-d')\n"
        "class Own(Root):\n    def __init__(self, feature):\n        super().__init__('e-f')\nOwn(x)\n",
    )
    assert sorted(str(code) for code, _ in raised_codes([errors, module])) == ["None", "a-b", "c-d", "e-f"]


def test_codes_of_findings_are_found(invent):
    text = "yield Finding('a-b' if x else 'c-d', Severity.ERROR, 'not-this')\n"
    module = invent("modelport.diagnosis.checks_x", text)
    assert sorted(used_codes([module])) == ["a-b", "c-d"]


def test_codes_of_the_table_of_problems_are_found(invent):
    module = invent("modelport.server.problem", "PROBLEMS: dict[str, int] = {'not-ready': 503}\n")
    assert used_codes([module]) == {"not-ready": "modelport.server.problem:1"}


def told_reasons(modules):
    """Every reason that a condition of a service is given as a literal word."""
    for module in modules:
        for node in ast.walk(module.tree):
            name = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
            place = {"Trouble": 0, "_not_ready": 1, "Condition": 2}.get(name)
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                yield node.args[place].value


def test_every_reason_of_a_state_has_a_page(modules, root):
    pages = {path.stem for path in (root / "src/modelport/explanations/states").glob("*.md")}
    assert set(told_reasons(modules)) - pages == set()
    for path in (root / "src/modelport/explanations/states").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.stem}\n")
        assert all(section in text for section in SECTIONS)
