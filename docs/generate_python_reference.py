"""Writes docs/reference/python.md from the public names themselves: `python docs/generate_python_reference.py`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import modelport

TARGET = Path(__file__).parent / "reference" / "python.md"
HEAD = """\
# Python

<!-- Written by docs/generate_python_reference.py; change the docstrings, then run it. -->

Everything here is imported from the root: `from modelport import Workspace, Model`. The names, arguments and defaults
are those of the Azure ML SDK v1 where it had them. `import modelport` itself loads the standard library alone.
"""
ERRORS_HEAD = """
## Errors

Each has `code`, `message`, `remedy`, and `to_dict()` for JSON; `exit_code` is what the command line ends with. `str()`
of a `DeploymentError` begins with the traceback of your own script.
"""


def text() -> str:
    """The whole page."""
    classes = {name: getattr(modelport, name) for name in modelport.__all__}
    raised = {name: cls for name, cls in classes.items() if issubclass(cls, modelport.ModelportError)}
    usual = [line for name, cls in classes.items() if name not in raised for line in section(name, cls)]
    errors = [line for name, cls in raised.items() for line in error(name, cls)]
    return "\n".join([HEAD, *usual, ERRORS_HEAD, "| error | exit code | when |", "|---|---|---|", *errors]) + "\n"


def section(name: str, cls: type) -> Iterator[str]:
    """A class: what it is, how it is made, its properties and methods."""
    yield f"## {name}\n"
    yield f"{paragraphs(cls)}\n"
    if vars(cls).get("__init__", object.__init__).__doc__ not in (None, object.__init__.__doc__):
        yield f"{paragraphs(cls.__init__)}\n"
    yield f"```text\n{wrapped(name, inspect.signature(cls))}\n```\n"
    members = list(members_of(cls))
    properties = [(word, member) for word, member in members if isinstance(member, property)]
    if properties:
        yield "| property | |\n|---|---|"
        yield from (f"| `{word}` | {cell(first_sentence(member))} |" for word, member in properties)
        yield ""
    for word, member in members:
        if not isinstance(member, property):
            function = inspect.unwrap(getattr(cls, word))
            yield f"```text\n{wrapped(f'{name}.{word}', inspect.signature(function))}\n```\n"
            yield f"{paragraphs(function)}\n"


def members_of(cls: type) -> Iterator[tuple[str, object]]:
    """The public properties and methods of a class and its bases of ours, by name."""
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("modelport"):
            found.update({word: member for word, member in vars(base).items() if not word.startswith("_")})
    for word, member in sorted(found.items()):
        if isinstance(member, (property, staticmethod, classmethod)) or inspect.isfunction(member):
            yield word, member


def error(name: str, cls: type[modelport.ModelportError]) -> Iterator[str]:
    """One row of the table of errors."""
    yield f"| `{name}` | {cls.exit_code} | {cell(first_sentence(cls))} |"


def wrapped(name: str, signature: inspect.Signature) -> str:
    """A signature on one line where it fits, else one parameter a line; `self` is left out."""
    public = [each for word, each in signature.parameters.items() if word not in ("self", "cls") and word[0] != "_"]
    parameters = [parameter(each) for each in public]
    returned = signature.return_annotation
    shown = "" if returned in (inspect.Signature.empty, "None", None) else f" -> {returned}"
    line = f"{name}({', '.join(parameters)}){shown}"
    return line if len(line) <= 110 else f"{name}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){shown}"


def parameter(each: inspect.Parameter) -> str:
    """A parameter as it is written in the source."""
    stars = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
    kind = "" if each.annotation is each.empty else f": {each.annotation}"
    return f"{stars}{each.name}{kind}" + ("" if each.default is each.empty else f" = {each.default!r}")


def paragraphs(member: object) -> str:
    """A docstring without its doctests."""
    lines = (inspect.getdoc(member) or "").split(">>>")[0].rstrip().splitlines()
    return "\n".join(lines)


def first_sentence(member: object) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split())


def cell(words: str) -> str:
    """Words as they stand in a table."""
    return words.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
