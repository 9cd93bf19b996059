"""Virtual environments kept by the digest of their lock: made once, completely or not at all, and reused."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from modelport.environments.interpreters import Interpreter
from modelport.environments.lock import Lock
from modelport.environments.options import RealisationOptions, Report
from modelport.environments.solve_errors import Failure, solve_error
from modelport.environments.uv import Uv, make_uv, without_secrets
from modelport.environments.wish import Wish
from modelport.errors import ResolutionError
from modelport.storage.files import locked, make_private_directory, storage_failures, sync_directory, write_durably

MARKER = "modelport-environment.json"
"""Written last: a folder without it was interrupted and does not count."""


@dataclass(frozen=True)
class LockedEnvironment:
    """A lock together with the wish that it came from and the interpreter that it is for."""

    wish: Wish
    lock: Lock
    interpreter: Interpreter

    @property
    def digest(self) -> str:
        """What the folder is called: the lock and the interpreter in 32 hexadecimal digits."""
        return hashlib.sha256(f"{self.lock.digest}\0{self.interpreter.path}".encode()).hexdigest()[:32]


def make_environment(target: LockedEnvironment, options: RealisationOptions, report: Report) -> tuple[Path, bool]:
    """The Python of the virtual environment for a lock, and whether it was there already.

    Any number of processes may ask for the same one: the first makes it, the others wait and use it.
    Raises `ResolutionError` (`package-build-failed`, `index-unreachable`, `environment-install-failed` …).
    """
    name = options.environments / target.digest
    if _is_complete(name):
        report(f"The environment {target.digest[:12]} is reused.")
        return _python(name), True
    make_private_directory(options.environments)
    with locked(options.environments / f".{target.digest}.lock"):
        if _is_complete(name):
            report(f"The environment {target.digest[:12]} was made by another process and is reused.")
            return _python(name), True
        for leftover in options.environments.glob(f"{target.digest}.*"):
            shutil.rmtree(leftover, ignore_errors=True)
        _make_and_name(name, target, options, report)
    return _python(name), False


def _is_complete(folder: Path) -> bool:
    """Whether it was finished and its interpreter is still where it was."""
    return (folder / MARKER).is_file() and _python(folder).exists()


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _make_and_name(name: Path, target: LockedEnvironment, options: RealisationOptions, report: Report) -> None:
    """Make the environment in a folder of its own and let `name` lead there in one step.

    A virtual environment knows its own path, so it is never moved; and an installer that outlives a killed maker
    goes on writing into a folder that nothing leads to.
    """
    folder = name.with_name(f"{name.name}.{secrets.token_hex(4)}")
    try:
        _make(folder, target, options, report)
        with storage_failures(name):
            link = folder.with_name(f"{folder.name}.link")
            link.symlink_to(folder.name)
            link.replace(name)
            sync_directory(name.parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make(folder: Path, target: LockedEnvironment, options: RealisationOptions, report: Report) -> None:
    uv = make_uv(target.wish.index, options.index, options.environ)
    report(f"Making the environment {target.digest[:12]} with Python {target.interpreter.version} …")
    words: list[str | Path] = ["venv", "--quiet", "--python", target.interpreter.path, folder]
    made = uv.run(words, directory=options.environments)
    if made.exit_code:
        raise _failed("The virtual environment cannot be made", made.stderr)
    if target.lock.packages:
        _install(uv, folder, target, report)
    facts = {"lock": target.lock.to_json(), "interpreter": str(target.interpreter.path)}
    write_durably(folder / MARKER, json.dumps(facts).encode())


def _install(uv: Uv, folder: Path, target: LockedEnvironment, report: Report) -> None:
    requirements = folder / "modelport-lock.txt"
    requirements.write_text(target.lock.to_requirements(), encoding="utf-8")
    checks = ["--require-hashes"] if target.lock.has_all_hashes else []
    # The lock is complete: nothing may be added to it, and a pre-release in it was allowed when it was solved.
    words: list[str | Path] = ["pip", "install", "--python", _python(folder), "--no-deps", *checks, "-r", requirements]
    done = uv.run([*words, *uv.index_words], directory=folder, on_line=lambda line: report(without_secrets(line)))
    if done.exit_code == 0:
        return
    if "No space left" in done.stderr:
        raise _failed("There is no space left to install the packages", done.stderr)
    raise solve_error(Failure(target.wish, target.interpreter.version, done.stderr), lambda _asked: ())


def _failed(what: str, detail: str) -> ResolutionError:
    return ResolutionError(
        "environment-install-failed",
        f"{what}.\nuv says:\n{without_secrets(detail).rstrip()}",
        "Check the free space and the rights of the folder (MODELPORT_HOME), then try again.",
    )
