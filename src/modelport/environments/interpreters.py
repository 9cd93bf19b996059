"""Finds the Python interpreters of this machine and chooses one for a wish.

A program called python3.6 may be a shim that fails when it is run, so nothing counts that has not answered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from packaging.version import Version

from modelport import process
from modelport.environments.python_wish import Match, PythonWish
from modelport.errors import ResolutionError, UserError
from modelport.storage.files import make_private_directory, write_durably

PROBE = Path(__file__).with_name("interpreter_probe.py")
PROBE_TIMEOUT_SECONDS = 30.0
_NAMES = ("python3", "python", *(f"python3.{minor}" for minor in range(6, 21)))


@dataclass(frozen=True)
class Interpreter:
    """A Python that answered: where it is, its version, and what markers are compared with."""

    path: Path
    version: str
    prefix: Path
    is_virtual: bool = False
    markers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class InstalledPackage:
    """A package that an interpreter has: its requirements as its metadata state them, and its URL if it came by one."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    url: str = ""


def inspect(path: Path, environ: Mapping[str, str]) -> Interpreter:
    """Run the Python at `path` and ask what it is; raises `UserError` (`interpreter-unusable`)."""
    return _interpreter(_ask(path, environ))


def installed_packages(path: Path, environ: Mapping[str, str]) -> tuple[InstalledPackage, ...]:
    """What the Python at `path` has installed; raises `UserError` (`interpreter-unusable`)."""
    return tuple(
        InstalledPackage(entry["name"], entry["version"], tuple(entry["requires"]), entry["url"])
        for entry in _ask(path, environ, "packages")["packages"]
    )


def _ask(path: Path, environ: Mapping[str, str], *words: str) -> dict[str, Any]:
    try:
        done = process.run([path, PROBE, *words], environ=environ, timeout_seconds=PROBE_TIMEOUT_SECONDS)
        answer: dict[str, Any] = json.loads(done.stdout) if done.exit_code == 0 else {}
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.exit_code}"])[-1]
    except (UserError, TimeoutError, OSError, ValueError) as error:
        answer, reason = {}, getattr(error, "message", str(error))
    if not answer:
        raise UserError(
            "interpreter-unusable",
            f"'{path}' does not answer as a Python interpreter: {reason}",
            "Give the path of a Python 3 interpreter, for example the output of: python3 -c 'import sys; "
            "print(sys.executable)'",
        )
    return answer


def _interpreter(facts: dict[str, Any]) -> Interpreter:
    return Interpreter(
        path=Path(facts["executable"]),
        version=facts["version"],
        prefix=Path(facts["prefix"]),
        is_virtual=facts["prefix"] != facts["base_prefix"],
        markers=facts["markers"],
    )


def find_interpreters(environ: Mapping[str, str], cache_file: Path) -> tuple[Interpreter, ...]:
    """Every usable Python 3.6 or later on this machine (no virtual environments), newest first.

    Answers are kept in `cache_file` by path, size and time of change, so that a second search starts no program.
    """
    known = _read_cache(cache_file)
    answers = {key: known[key] if key in known else _try(path, environ) for key, path in _candidates(environ)}
    if answers != known:
        make_private_directory(cache_file.parent)
        write_durably(cache_file, json.dumps(answers).encode())
    found = [_restore(answer) for answer in answers.values() if answer]
    real = {entry.path: entry for entry in found if not entry.is_virtual and Version(entry.version) >= Version("3.6")}
    return tuple(sorted(real.values(), key=lambda entry: Version(entry.version), reverse=True))


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Key and path of every file that may be a Python, each real file once; neither shims nor virtual environments."""
    home = Path(environ.get("HOME") or Path.home())
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    managed = Path(environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    folders = [Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if folder]
    folders += [*sorted(pyenv.glob("*/bin")), *sorted(managed.glob("*/bin"))]
    seen: set[Path] = set()
    for path in (folder / name for folder in folders for name in _NAMES):
        try:
            real = path.resolve(strict=True)
            status = real.stat()
            is_script = _begins_with(real, b"#!")
        except (OSError, RuntimeError):
            continue
        is_virtual = (path.parent.parent / "pyvenv.cfg").exists()
        if real in seen or is_script or is_virtual or not os.access(real, os.X_OK):
            continue
        seen.add(real)
        yield f"{path}|{status.st_size}|{status.st_mtime_ns}", path


def _begins_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(mark)) == mark


def _try(path: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = asdict(inspect(path, environ))
    except UserError:
        return {}
    return {**found, "path": str(found["path"]), "prefix": str(found["prefix"])}


def _restore(answer: dict[str, Any]) -> Interpreter:
    return Interpreter(**{**answer, "path": Path(answer["path"]), "prefix": Path(answer["prefix"])})


def _read_cache(cache_file: Path) -> dict[str, dict[str, Any]]:
    try:
        cache: dict[str, dict[str, Any]] = json.loads(cache_file.read_text())
    except (OSError, ValueError):
        return {}
    return cache


def choose(wish: PythonWish | None, serving: Interpreter, others: tuple[Interpreter, ...]) -> tuple[Interpreter, str]:
    """The interpreter that answers the wish best, and a line for the log ("" if it is as asked for).

    The serving one is taken where it answers as well as another; no wish means the serving one.
    Raises `ResolutionError` (`python-not-found`).
    """
    if wish is None:
        return serving, ""
    best = max((serving, *others), key=lambda entry: (wish.match(entry.version), entry == serving))
    grade = wish.match(best.version)
    if grade is Match.NONE:
        raise _not_found(wish, (serving, *others))
    if grade is Match.SAME_MINOR:
        return best, f"asked for Python {wish.words}, using {best.version} ({best.path}): the same minor version."
    return best, ""


def _not_found(wish: PythonWish, known: tuple[Interpreter, ...]) -> ResolutionError:
    place = f"{wish.place}: " if wish.place else ""
    versions = sorted({entry.version for entry in known}, key=Version)
    return ResolutionError(
        "python-not-found",
        f"{place}Python {wish.words} is asked for, and this machine has: {', '.join(versions)}.",
        f"Ask for one of these Pythons, or install it (for example: pyenv install {wish.words.strip('<>=!~')}); "
        "3.6 is the oldest that can serve.",
    )
