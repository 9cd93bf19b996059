"""Solves a wish into a lock with uv, and keeps the lock as long as what was asked stays the same."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from modelport.environments.foreign_python import ForeignPython
from modelport.environments.interpreters import Interpreter
from modelport.environments.local_source import content_digest
from modelport.environments.lock import Lock, LockedPackage, checked_against, parse_compiled
from modelport.environments.old_pins import old_pins_error
from modelport.environments.options import RealisationOptions, Report
from modelport.environments.solve_errors import Failure, solve_error
from modelport.environments.specification import Dependency
from modelport.environments.uv import Uv, make_uv, without_secrets
from modelport.environments.versions import versions_near
from modelport.environments.wish import Wish
from modelport.errors import ResolutionError
from modelport.storage.files import make_private_directory, write_durably

_LOCK_FORMAT = 1
# What a solve of pins that are older than the Python may end in, when uv looks at something else first.
_PERHAPS_OLD_PINS = {
    "environment-unsolvable", "package-build-failed", "package-not-for-python", "requirements-conflict"
}  # fmt: skip

AnyPython = Interpreter | ForeignPython
"""What a lock can be solved for: a Python of this machine, or one in an image."""


def solve(wish: Wish, interpreter: AnyPython, options: RealisationOptions, report: Report) -> Lock:
    """The lock for a wish under an interpreter; solved once, then read from the home while the input is the same.

    Raises `ResolutionError`: `package-not-found`, `package-version-missing`, `package-not-for-python`,
    `requirements-conflict`, `package-build-failed`, `index-unreachable`, `hash-mismatch`.
    """
    kept = options.locks / f"{_input_digest(wish, interpreter, options)}.json"
    lock = _read_lock(kept)
    if lock is not None:
        report(f"The lock is reused ({_count(len(lock.packages), 'package')}): its input has not changed.")
        return lock
    started = time.monotonic()
    report(f"Solving {_count(len(wish.requirements), 'requirement')} for Python {interpreter.version} …")
    lock = Lock(interpreter.version, platform_of(interpreter), _solved(wish, interpreter, options))
    make_private_directory(options.locks)
    write_durably(kept, json.dumps(lock.to_json()).encode())
    report(f"Solved {_count(len(lock.packages), 'package')} in {time.monotonic() - started:.1f} s.")
    return lock


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def platform_of(interpreter: AnyPython) -> str:
    """The kind of machine that the interpreter runs on: "linux-x86_64"."""
    if isinstance(interpreter, ForeignPython):
        return interpreter.platform
    return f"{interpreter.markers.get('sys_platform', '')}-{interpreter.markers.get('platform_machine', '')}"


def _implementation_of(interpreter: AnyPython) -> str | None:
    if isinstance(interpreter, ForeignPython):
        return interpreter.implementation
    return interpreter.markers.get("platform_python_implementation")


def _solved(wish: Wish, interpreter: AnyPython, options: RealisationOptions) -> tuple[LockedPackage, ...]:
    if not wish.requirements:
        return ()
    uv = make_uv(wish.index, options.index, options.environ)
    with tempfile.TemporaryDirectory(prefix="modelport-solve-") as folder:
        output = _compile(uv, wish, interpreter, Path(folder))
    packages = parse_compiled(output)
    return checked_against(tuple(_with_content(package) for package in packages), wish.requirements)


def _with_content(package: LockedPackage) -> LockedPackage:
    return package if package.hashes else replace(package, content=content_digest(package.requirement))


def _compile(uv: Uv, wish: Wish, interpreter: AnyPython, folder: Path) -> str:
    (folder / "requirements.in").write_text(_lines(wish.requirements), encoding="utf-8")
    (folder / "constraints.in").write_text(_lines(wish.constraints), encoding="utf-8")
    words = ["--generate-hashes", "--constraints", "constraints.in", "requirements.in"]
    output, problem = _run_compile(uv, words, interpreter, folder)
    if problem:
        failure = Failure(wish, interpreter.version, problem)
        error = solve_error(failure, lambda asked: versions_near(asked, partial(_pick, uv, interpreter, folder)))
        has_files = partial(_has_files, uv, interpreter, folder)
        perhaps_old = error.code in _PERHAPS_OLD_PINS
        raise (old_pins_error(wish.requirements, interpreter.version, has_files) if perhaps_old else None) or error
    return output


def _has_files(
    uv: Uv, interpreter: AnyPython, folder: Path, requirements: Sequence[Dependency], python_version: str
) -> bool:
    (folder / "pins.in").write_text(_lines(tuple(requirements)), encoding="utf-8")
    words = ["--no-deps", "--no-build", "pins.in"]
    if python_version and isinstance(interpreter, ForeignPython):
        interpreter = replace(interpreter, version=python_version)
    elif python_version:
        words = ["--python-version", python_version, *words]
    return not _run_compile(uv, words, interpreter, folder)[1]


def _pick(uv: Uv, interpreter: AnyPython, folder: Path, requirement: str, resolution: str) -> str:
    """The version that the solver takes for one requirement on its own, "" if there is none (with a wheel)."""
    (folder / "probe.in").write_text(f"{requirement}\n", encoding="utf-8")
    words = ["--no-deps", "--no-build", "--resolution", resolution, "probe.in"]
    output, _ = _run_compile(uv, words, interpreter, folder)
    return next((package.version for package in parse_compiled(output)), "")


def _run_compile(uv: Uv, words: list[str], interpreter: AnyPython, folder: Path) -> tuple[str, str]:
    """The lock as text, or why there is none."""
    always: list[str | Path] = ["pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    try:
        done = uv.run([*always, *_python_words(interpreter), *uv.index_words, *words], directory=folder)
    except TimeoutError as error:
        raise ResolutionError(
            "solve-timed-out", f"The solve took too long: {error}.", "Pin the versions of the packages that you know."
        ) from error
    return (done.stdout, "") if done.exit_code == 0 else ("", done.stderr or f"exit code {done.exit_code}")


def _python_words(interpreter: AnyPython) -> tuple[str | Path, ...]:
    if isinstance(interpreter, ForeignPython):
        return interpreter.uv_words
    return ("--python", interpreter.path)


def _lines(dependencies: tuple[Dependency, ...]) -> str:
    return "".join(f"{dependency.text.partition(' --hash=')[0]}\n" for dependency in dependencies)


def _input_digest(wish: Wish, interpreter: AnyPython, options: RealisationOptions) -> str:
    host = options.index
    words = {
        "format": _LOCK_FORMAT,
        "python": interpreter.version,
        "implementation": _implementation_of(interpreter),
        "platform": platform_of(interpreter),
        "requirements": [[entry.text, content_digest(entry.text)] for entry in wish.requirements],
        "constraints": [entry.text for entry in wish.constraints],
        "index": wish.index.to_json(),
        "host": [without_secrets(word) for word in (host.index_url, *host.extra_index_urls, *host.find_links)],
        "no_index": host.no_index,
    }
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def _read_lock(path: Path) -> Lock | None:
    try:
        return Lock.from_json(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError):
        return None  # absent, or of another form: solved anew
