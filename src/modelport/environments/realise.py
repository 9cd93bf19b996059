"""Realises an environment: the Python that a worker is started with, and the lock of what that Python has."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.installed import lock_of, satisfies
from modelport.environments.interpreters import (
    Interpreter,
    choose,
    find_interpreters,
    inspect,
    installed_packages,
)
from modelport.environments.lock import Lock
from modelport.environments.options import RealisationOptions, Report
from modelport.environments.python_wish import Match
from modelport.environments.solve import solve
from modelport.environments.venv import LockedEnvironment, make_environment
from modelport.environments.wish import Wish, wish_of
from modelport.errors import UserError


@dataclass(frozen=True)
class Realisation:
    """An environment that can be used: its Python, the lock of what is in it, whether it existed, and what was said."""

    python: Path
    lock: Lock
    reused: bool
    log_lines: tuple[str, ...] = ()


def realise(definition: EnvironmentDefinition, options: RealisationOptions, report: Report) -> Realisation:
    """Make the environment usable on this machine; `report` sees each line of progress as it comes.

    The serving interpreter is used as it is where it satisfies the definition; else a virtual environment is made or
    reused. Raises `UserError` for what is wrong in the definition and `ResolutionError` for what cannot be had.
    """
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        report(line)

    return replace(_realise(definition, options, tell), log_lines=tuple(lines))


def lock_of_definition(definition: EnvironmentDefinition, options: RealisationOptions, report: Report) -> Lock:
    """The lock that realising the environment would come to; nothing is installed. Raises as `realise` does."""
    if definition.interpreter_path is not None:
        return _as_kept_by_user(definition.interpreter_path, options, report).lock
    wish, interpreter, lock = _chosen(definition, options, report)
    return lock or solve(wish, interpreter, options, report)


def _realise(definition: EnvironmentDefinition, options: RealisationOptions, tell: Report) -> Realisation:
    if definition.interpreter_path is not None:
        return _as_kept_by_user(definition.interpreter_path, options, tell)
    wish, interpreter, lock = _chosen(definition, options, tell)
    if lock is not None:
        return Realisation(interpreter.path, lock, reused=True)
    lock = solve(wish, interpreter, options, tell)
    python, reused = make_environment(LockedEnvironment(wish, lock, interpreter), options, tell)
    return Realisation(python, lock, reused)


def _chosen(
    definition: EnvironmentDefinition, options: RealisationOptions, tell: Report
) -> tuple[Wish, Interpreter, Lock | None]:
    """What is to be installed, for which interpreter, and the lock of that interpreter if it has everything."""
    wish = wish_of(definition)
    for note in wish.notes:
        tell(note)
    serving = inspect(options.serving_python, options.environ)
    interpreter = _interpreter_for(wish, serving, options, tell)
    may_serve = interpreter == serving and options.may_reuse
    return wish, interpreter, _lock_of_what_serves(wish, serving, options, tell) if may_serve else None


def _interpreter_for(wish: Wish, serving: Interpreter, options: RealisationOptions, tell: Report) -> Interpreter:
    answers = wish.python is None or wish.python.match(serving.version) is Match.EXACT
    others = () if answers else find_interpreters(options.environ, options.interpreter_cache)
    interpreter, note = choose(wish.python, serving, others)
    if note:
        tell(note)
    return interpreter


def _lock_of_what_serves(wish: Wish, serving: Interpreter, options: RealisationOptions, tell: Report) -> Lock | None:
    """The lock of the serving interpreter as it is, or None if it lacks something."""
    found = satisfies(wish, serving, installed_packages(serving.path, options.environ))
    if found.lock is None:
        tell(f"The interpreter {serving.path} does not serve as it is: {found.reason}.")
    else:
        tell(f"The interpreter {serving.path} (Python {serving.version}) has everything and serves as it is.")
    return found.lock


def _as_kept_by_user(interpreter_path: str, options: RealisationOptions, tell: Report) -> Realisation:
    """An interpreter whose packages the user keeps is taken as it is, whatever it has."""
    found = shutil.which(interpreter_path, path=options.environ.get("PATH"))
    if found is None:
        raise UserError(
            "interpreter-unusable",
            f"The interpreter '{interpreter_path}' of an environment with user-managed dependencies does not exist.",
            "Set python.interpreter_path to the path of a Python, for example /opt/venv/bin/python.",
        )
    interpreter = inspect(Path(found), options.environ)
    tell(f"The interpreter {interpreter.path} (Python {interpreter.version}) is kept by its user and serves as it is.")
    packages = installed_packages(interpreter.path, options.environ)
    return Realisation(interpreter.path, lock_of(interpreter, packages), reused=True)
