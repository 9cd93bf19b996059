"""Runs a program as `python` itself would: as `__main__`, with its own arguments, its own traceback, its exit code."""

from __future__ import annotations

import builtins
import importlib.util
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from modelport.errors import NotFoundError, UserError, nearest

_INTERRUPTED = 130


class _ModuleMissingError(NotFoundError):
    """Ours alone: what the program itself raises is the program's to tell."""


@dataclass(frozen=True)
class Program:
    """What is run: its code, where it lies, what `sys.argv[0]` is for it, and its place in a package, if it has one."""

    code: CodeType
    file: str
    first_word: str
    spec: ModuleSpec | None = None


def run_script(script: str, arguments: Sequence[str]) -> int:
    """Run a file, or the `__main__.py` of a folder, and return the exit code.

    Raises `NotFoundError` (`v1-program-missing`) and `UserError` (`program-not-python`) before anything is run.
    """
    file = _file_of(Path(script))
    location = str(file.absolute())
    with io.open_code(location) as opened:
        source = opened.read()
    folder = file.parent.absolute() if Path(script).is_dir() else file.resolve().parent  # links are followed to a file
    # dont_inherit: the program has the __future__ imports that it names itself, not those of this module.
    compiled = partial(compile, source, location, "exec", dont_inherit=True)
    return _run(str(folder), arguments, lambda: Program(compiled(), location, script))


def run_module(name: str, arguments: Sequence[str]) -> int:
    """Run a module by its dotted name, as `python -m` does: from the current folder on; return the exit code."""
    return _run(str(Path.cwd()), arguments, lambda: _module_program(name))


def _file_of(script: Path) -> Path:
    file = script / "__main__.py" if script.is_dir() else script
    if not file.is_file():
        hint = nearest(file.name, (path.name for path in file.parent.glob("*.py")))
        raise NotFoundError(
            "v1-program-missing",
            f"The program '{script}' {'has no __main__.py' if script.is_dir() else 'does not exist'}. {hint}".rstrip(),
            "Name an existing .py file, or a module: modelport run-v1 -m MODULE",
        )
    if file.suffix == ".ipynb":
        raise UserError(
            "program-not-python",
            f"'{script}' is a notebook, not a Python program.",
            "Put `import modelport.azureml` into its first cell and run it in Jupyter as before.",
        )
    return file


def _module_program(name: str) -> Program:
    spec = _spec_of(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{name}.__main__")
    loader = spec.loader if spec is not None else None
    code = loader.get_code(spec.name) if spec is not None and isinstance(loader, SourceFileLoader) else None
    if spec is None or code is None:
        raise _ModuleMissingError(
            "v1-program-missing",
            f"There is no module '{name}' that can be run, neither in '{Path.cwd()}' nor among the installed ones.",
            "Name a module with Python source, or a package with a __main__.py; or a file: modelport run-v1 SCRIPT",
        )
    return Program(code, spec.origin or name, spec.origin or name, spec)


def _spec_of(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if f"{name}.".startswith(f"{error.name}."):  # a package on the way to it; else one that such a package imports
            return None
        raise


def _run(search_path: str, arguments: Sequence[str], program_of: Callable[[], Program]) -> int:
    """Run what `program_of` finds; an error of the program is told by the program's own `sys.excepthook`."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = search_path
    sys.argv = ["-m", *arguments]  # what Python says while it still looks for a module
    try:
        program = program_of()
        sys.argv = [program.first_word, *arguments]
        exec(program.code, _become_main(program).__dict__)  # noqa: S102  the user's own program
    except _ModuleMissingError:
        raise
    except SystemExit as error:
        return _exit_code(error.code)
    except BaseException as error:
        shown = error.with_traceback(_without_ours(error.__traceback__))
        sys.excepthook(type(shown), shown, shown.__traceback__)
        return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """A traceback that begins where the program does."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _become_main(program: Program) -> ModuleType:
    """A new `__main__`, where pickle and multiprocessing look for what the program defines."""
    main = ModuleType("__main__")
    main.__dict__.update(
        __file__=program.file,
        __builtins__=builtins,
        __loader__=program.spec.loader if program.spec else SourceFileLoader("__main__", program.file),
        __package__=program.spec.parent if program.spec else None,
        __spec__=program.spec,
    )
    sys.modules["__main__"] = main
    return main


def _exit_code(given: object) -> int:
    """What Python makes of `sys.exit(given)`: nothing is 0, a number is itself, words are shown and are 1."""
    if given is None or isinstance(given, int):
        return given or 0
    sys.stdout.flush()
    sys.stderr.write(f"{given}\n")
    return 1
