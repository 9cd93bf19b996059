"""Takes out of a cell what IPython adds to Python, so that what is left parses and every line keeps its number."""

from __future__ import annotations

import ast
import re

ShellLines = list[tuple[int, str]]

_SHELLS = ("bash", "sh", "script", "system", "sx", "!", "cmd", "powershell")
_RUN_AS_PYTHON = ("time", "timeit", "capture", "prun", "python", "python3", "debug")
_ASSIGNED = re.compile(r"^(\s*)([\w.,\s\[\]'\"]+?=\s*)(!|%)(.*)$")
_HELP = re.compile(r"^\s*\??\??[\w.]+\??\??\s*$")


def plain_python(text: str) -> tuple[str, ShellLines]:
    """The Python of a cell or script, and the shell lines in it with their line numbers.

    >>> plain_python("%matplotlib inline\\n!az ml model list\\nx = 1")
    ('pass\\npass\\nx = 1', [(2, 'az ml model list')])
    """
    first = text.lstrip().partition("\n")[0]
    if first.startswith("%%"):
        return _cell_magic(text)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return _without_lines(text)
    return text, []


def _cell_magic(text: str) -> tuple[str, ShellLines]:
    start = len(text) - len(text.lstrip())
    blank = text[:start].count("\n")
    first, _, rest = text.lstrip().partition("\n")
    words = first[2:].split()
    name = words[0] if words else ""
    if name in _SHELLS:
        return "", [(blank + 2, rest)]
    if name in _RUN_AS_PYTHON:
        python, shell = plain_python(rest)
        return "\n" * (blank + 1) + python, [(line + blank + 1, words) for line, words in shell]
    return "", []


def _without_lines(text: str) -> tuple[str, ShellLines]:
    lines: list[str] = []
    shell: ShellLines = []
    taken = False  # the line before ended with a backslash and was taken out
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if taken:
            shell[-1:] = [(shell[-1][0], f"{shell[-1][1]}\n{line}")] if shell else []
            lines.append("")
        else:
            lines.append(_plain_line(line, number, shell))
        is_taken = taken or (lines[-1] != line and bare[:1] in ("!", "%"))
        taken = is_taken and bare.endswith("\\")
    return "\n".join(lines), shell


def _plain_line(line: str, number: int, shell: ShellLines) -> str:
    """The line as Python; what it hands to a shell is added to `shell`."""
    bare = line.lstrip()
    indent = line[: len(line) - len(bare)]
    if bare.startswith("!"):
        shell.append((number, bare.lstrip("!")))
        return f"{indent}pass"
    if bare.startswith("%"):
        words = bare.lstrip("%").split(maxsplit=1)
        if words and words[0] in _SHELLS:
            shell.append((number, words[1] if len(words) > 1 else ""))
        if words[:1] == ["time"] and len(words) > 1:
            return f"{indent}{words[1]}"
        return f"{indent}pass"
    assigned = _ASSIGNED.match(line)
    if assigned:
        if assigned[3] == "!":
            shell.append((number, assigned[4]))
        return f"{assigned[1]}{assigned[2]}''"
    if "?" in bare and _HELP.match(line):
        return f"{indent}pass"
    return line
