"""Checks of the entry script by its text, and of what an import of it raised (pure)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from modelport.diagnosis.checks_models import refined
from modelport.diagnosis.facts import Facts, Failure, ScriptFacts
from modelport.diagnosis.finding import Finding, Severity

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")
_CONFLICT = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)
_MAGIC = re.compile(r"^\s*([%!]{1,2}[A-Za-z].*)$", re.MULTILINE)
_PYTHON_2 = re.compile(r"^\s*(print\s+[\"'\w]|except\s+\w+\s*,\s*\w+\s*:|raise\s+\w+\s*,|exec\s+[\"'])")
_QUOTED = re.compile(r"'([^']+)'")
_LIBRARY = re.compile(r"(\S+\.so[\w.]*): cannot open shared object")
# What moved out of a package: old name -> how it is imported now.
_MOVED = {
    "sklearn.externals.joblib": "import joblib",
    "sklearn.externals.six": "import six",
    "sklearn.cross_validation": "from sklearn.model_selection import ...",
    "sklearn.grid_search": "from sklearn.model_selection import ...",
    "keras.engine": "from tensorflow.keras import layers",
    "pandas.util.testing": "from pandas import testing",
    "tensorflow.contrib": "the package that replaced that part of tensorflow.contrib",
}


def check_text(facts: Facts) -> Iterator[Finding]:
    """The script is text that Python 3 can read: UTF-8, no notebook, no merge conflict, no Python 2."""
    script = facts.script
    if script is None or not script.content or script.reading is not None:
        return
    encoded = _encoding(script)
    if encoded:
        yield _parse_error(
            "script-encoding", f"The script '{script.path}' is not saved as UTF-8 but as {encoded}.", (),
            "Save it as UTF-8 (most editors: Save with encoding), or declare its encoding in the first line: "
            "# -*- coding: latin-1 -*-",
        )  # fmt: skip
        return
    text = script.content.decode("utf-8", "replace")
    yield from _conflict(script, text)
    yield from _notebook(script, text)
    yield from _python_2(facts, script, text)


def _encoding(script: ScriptFacts) -> str:
    if script.content.startswith(_UTF16) or b"\x00" in script.content[:200]:
        return "UTF-16"
    if any(_DECLARED.match(line) for line in script.content.splitlines()[:2]):
        return ""
    try:
        script.content.decode("utf-8")
    except UnicodeDecodeError:
        return "Latin-1 or a code page of Windows"
    return ""


def _parse_error(code: str, cause: str, evidence: tuple[str, ...], remedy: str) -> Finding:
    return Finding(code, Severity.ERROR, "check", cause, evidence, remedy, refines=("script-syntax",))


def _line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _conflict(script: ScriptFacts, text: str) -> Iterator[Finding]:
    marks = list(_CONFLICT.finditer(text))
    if len(marks) >= 3:
        lines = ", ".join(str(_line_of(text, mark.start())) for mark in marks)
        yield _parse_error(
            "merge-conflict", f"The script '{script.path}' holds a merge conflict that was never resolved.",
            (f"marks of the conflict in the lines {lines}",),
            "Choose one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>.",
        )  # fmt: skip


def _notebook(script: ScriptFacts, text: str) -> Iterator[Finding]:
    magics = [(_line_of(text, match.start(1)), match[1].strip()) for match in _MAGIC.finditer(text)]
    if magics:
        line, first = magics[0]
        packages = "; what !pip or %pip installs belongs into the environment (requirements or conda file)"
        installs = any("pip" in words or "conda" in words for _, words in magics)
        yield _parse_error(
            "notebook-leftover", f"The script '{script.path}' has lines that only a notebook understands: {first}",
            tuple(f"{script.path}:{line}: {words}" for line, words in magics[:5]),
            f"Delete the line {line} ('{first.split()[0]} …') and its like{packages if installs else ''}.",
        )  # fmt: skip


def _python_2(facts: Facts, script: ScriptFacts, text: str) -> Iterator[Finding]:
    failed_at = facts.failure.line if facts.failure is not None else 0
    for number, line in enumerate(text.splitlines(), start=1):
        if _PYTHON_2.match(line) and failed_at in (0, number):
            yield _parse_error(
                "script-python-2", f"The script '{script.path}' was written for Python 2, which no service runs.",
                (f"{script.path}:{number}: {line.strip()}",),
                "Convert it to Python 3: print is a function, exceptions are caught 'as' a name.",
            )  # fmt: skip
            return


def check_run_returns(facts: Facts) -> Iterator[Finding]:
    """`run()` gives something back."""
    reading = facts.script.reading if facts.script else None
    if facts.script is not None and reading is not None and not reading.run_returns:
        yield Finding(
            "run-returns-nothing", Severity.WARNING, "run",
            "run() never returns a value, so that every answer is empty ({}).",
            (f"{facts.script.path}:{reading.run_line}",),
            "Return the result instead of printing it: print() goes to the log.",
        )  # fmt: skip


def check_import(facts: Facts) -> Iterator[Finding]:
    """What an import of the script raised, where the reason is known."""
    failure, raised = facts.failure, facts.raised
    if failure is None or raised is None or facts.script is None:
        return
    library = _LIBRARY.match(raised.message)
    if library:
        yield _missing_library(facts, library[1])
    elif raised.kind in ("ModuleNotFoundError", "ImportError"):
        yield from _import_error(facts, failure, facts.script)
    elif raised.kind == "EOFError" and "reading a line" in raised.message:
        yield _raised(facts, "script-reads-keyboard", "The script asks for input at the keyboard, and nobody is there.",
                      "Take input() out; give values by environment variables, or with each request.")  # fmt: skip
    elif raised.kind == "SystemExit" and any("parse_args" in frame.text for frame in raised.frames):
        yield _raised(
            facts, "script-parses-arguments",
            "The script parses a command line (argparse) while it is imported; a service gives it none.",
            "Move the argparse part below if __name__ == '__main__', and use constants or environment variables.",
        )  # fmt: skip


def _import_error(facts: Facts, failure: Failure, script: ScriptFacts) -> Iterator[Finding]:
    words = facts.raised.message if facts.raised else ""
    names = _QUOTED.findall(words)
    moved = _moved_name(facts, names)
    shadow = _shadowing(facts)
    if moved:
        yield _raised(facts, "module-moved", f"'{moved}' is not where the script looks for it any more.",
                      f"Write: {_MOVED[moved]}")  # fmt: skip
    elif shadow:
        yield _raised(
            facts, "module-shadowed", f"Your file '{shadow}.py' hides the module '{shadow}' of Python itself.",
            f"Rename {shadow}.py, and import it by its new name.",
        )  # fmt: skip
    elif failure.code == "module-missing" and names and not _is_unpickling(facts):
        yield _missing_module(facts, failure, script, names[0].partition(".")[0])


def _missing_module(facts: Facts, failure: Failure, script: ScriptFacts, module: str) -> Finding:
    is_beside = f"{module}.py" in script.beside or module in script.beside
    if is_beside and not script.folder_is_deployed:
        return _raised(
            facts, "own-module-not-deployed",
            f"Your own module '{module}' lies beside the script and was not deployed with it.",
            "Deploy the whole folder: --source-directory . (source_directory of InferenceConfig).",
        )  # fmt: skip
    return _raised(
        facts, "module-missing", failure.message,
        f"In the requirements or the conda file: {failure.remedy[:1].lower()}{failure.remedy[1:]}",
    )  # fmt: skip


def _is_unpickling(facts: Facts) -> bool:
    return bool(facts.raised) and any(".load" in frame.text for frame in facts.raised.frames)  # type: ignore[union-attr]


def _moved_name(facts: Facts, names: list[str]) -> str:
    """The name in the table that an import asks for, by what was not found and by the line of the script."""
    line = facts.raised.where.text if facts.raised and facts.raised.where else ""
    written = re.match(r"from\s+([\w.]+)\s+import\s+(\w+)", line)
    asked = {*names, *([written[1], f"{written[1]}.{written[2]}"] if written else [])}
    return next((old for old in _MOVED if old in asked or any(each.startswith(f"{old}.") for each in asked)), "")


def _shadowing(facts: Facts) -> str:
    """The module of Python that a file beside the script hides, where an import of it went wrong."""
    beside = facts.script.beside if facts.script else ()
    hidden = {name[:-3] for name in beside if name.endswith(".py")} & set(sys.stdlib_module_names)
    words = str(facts.raised)
    return next((name for name in sorted(hidden) if re.search(rf"\b{re.escape(name)}\b", words)), "")


def _missing_library(facts: Facts, library: str) -> Finding:
    frames = facts.raised.frames if facts.raised else ()
    packages = [match[1] for frame in frames if (match := re.search(r"site-packages/([\w-]+)", frame.file))]
    package = _distribution(facts, packages[-1]) if packages else ""
    of = f" of the package '{package}'" if package else ""
    return _raised(
        facts, "library-missing", f"The shared library {library}{of} is not on this machine.",
        f"Install what brings {library}, or take a build{of} that does without it (for CPUs, where it is a library of "
        "a graphics card).",
    )  # fmt: skip


def _distribution(facts: Facts, module: str) -> str:
    """The installed package that a module most likely belongs to."""
    plain = module.replace("_", "-").lower()
    packages = facts.environment.packages if facts.environment else {}
    return next((name for name in packages if name.lower().replace("_", "-").startswith(plain)), module)


def _raised(facts: Facts, code: str, cause: str, remedy: str) -> Finding:
    where = facts.raised.where if facts.raised else None
    place = (f"{where.file}:{where.line}: {where.text}",) if where else ()
    return Finding(code, Severity.ERROR, "init", cause, (str(facts.raised), *place), remedy, refines=refined(facts))
