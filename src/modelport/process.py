"""The only place that starts programs: always from a list of words, never through a shell.

`run` waits for a program and returns what it printed; `spawn` starts one that runs beside this process (a worker);
`spawn_detached` starts one that outlives it (the server of a local service); `become` runs one in place of it.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

from modelport.errors import UserError
from modelport.process_table import ProcessIdentity, start_ticks_of

_LAST_LINES = 20
Words = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Completed:
    """A program that has ended: its words, exit code (negative: the signal) and output as text."""

    arguments: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


Child = subprocess.Popen[bytes]
"""A program that runs beside this process, as `spawn` returns it."""


def run(
    arguments: Words,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    timeout_seconds: float | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Run a program to its end and return its output; `on_line` sees each line of standard error as it comes.

    Raises `UserError` (`program-missing`) where the program does not exist, and `TimeoutError` with its last lines past
    the time limit, after the program and all that it had started were killed.
    """
    words = tuple(os.fspath(word) for word in arguments)
    with _open(words, environ, directory) as child:
        read = _collect if on_line is None else functools.partial(_stream, on_line=on_line)
        return _within(timeout_seconds, child, words, read)


def follow(
    arguments: Words,
    on_line: Callable[[str], None],
    *,
    environ: Mapping[str, str],
    timeout_seconds: float,
    directory: Path | None = None,
) -> Completed:
    """Run a program to its end; `on_line` sees each line of standard output and standard error, in their order.

    The output is in `stdout` of the result. Raises as `run` does.
    """
    words = tuple(os.fspath(word) for word in arguments)
    with _open(words, environ, directory, stderr=subprocess.STDOUT) as child:
        return _within(timeout_seconds, child, words, functools.partial(_stream, on_line=on_line))


def _within(
    timeout_seconds: float | None, child: subprocess.Popen[str], words: tuple[str, ...], read: Callable[..., Completed]
) -> Completed:
    """What `read` makes of the program; past the time limit the program and all that it had started are killed."""
    expired = threading.Event()
    clock = threading.Timer(timeout_seconds or 0.0, _expire, (child, expired))
    if timeout_seconds is not None:
        with contextlib.suppress(RuntimeError):  # an interpreter that ends (3.12 and later) starts no thread any more
            clock.start()
    cancellation = _CANCELLATION.get()
    try:
        with cancellation._over(child) if cancellation else contextlib.nullcontext():
            done = read(child, words)
    except BaseException:
        _kill_group(child)  # Ctrl-C must not leave a solver or an installer behind
        raise
    finally:
        clock.cancel()
    if expired.is_set():
        last = "".join(f"\n  {line}" for line in (done.stderr or done.stdout).splitlines()[-_LAST_LINES:])
        raise TimeoutError(f"{words[0]} did not end within {timeout_seconds} s{last and '; its last lines:'}{last}")
    return done


def ask(arguments: Words, text: str, *, environ: Mapping[str, str], timeout_seconds: float) -> Completed:
    """Run a program that reads `text` from its standard input (a password: never an argument), and return its output.

    Raises as `run` does: a program that answers with a secret may have it in the last lines that the error tells.
    """
    words = tuple(os.fspath(word) for word in arguments)
    with _open(words, environ, None, stdin=subprocess.PIPE) as child:
        return _within(timeout_seconds, child, words, functools.partial(_collect, text=text))


class Cancelled(BaseException):
    """Raised where a program was run that is not wanted any more; as with Ctrl-C, nobody takes it for an error."""


_CANCELLATION: contextvars.ContextVar[Cancellation | None] = contextvars.ContextVar("cancellation", default=None)


class Cancellation:
    """Lets one thread end what another one runs: its program is killed, with all that it started, and `Cancelled`
    raised there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._child: subprocess.Popen[str] | None = None

    @contextlib.contextmanager
    def of_this_thread(self) -> Iterator[None]:
        """Inside the block every program that this thread runs ends when `ask` is called."""
        token = _CANCELLATION.set(self)
        try:
            yield
        finally:
            _CANCELLATION.reset(token)

    def ask(self) -> None:
        """End what runs, and whatever would be run next."""
        with self._lock:
            self._asked = True
            if self._child is not None:
                _kill_group(self._child)

    @contextlib.contextmanager
    def _over(self, child: subprocess.Popen[str]) -> Iterator[None]:
        with self._lock:
            self._child = child
            if self._asked:
                _kill_group(child)
        yield
        with self._lock:
            self._child = None
            if self._asked:
                raise Cancelled


def _expire(child: subprocess.Popen[str], expired: threading.Event) -> None:
    expired.set()
    _kill_group(child)


def _kill_group(child: subprocess.Popen[str]) -> None:
    """Kill a program and what it started; nothing if it was collected, for then its id may be another's."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def _open(
    words: tuple[str, ...],
    environ: Mapping[str, str] | None,
    directory: Path | None,
    stdin: int = subprocess.DEVNULL,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            words,
            env=None if environ is None else dict(environ),
            cwd=directory,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            errors="replace",
            start_new_session=True,  # a group of its own, that ends as a whole
        )
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise program_missing(words[0], error) from error


def _collect(child: subprocess.Popen[str], words: tuple[str, ...], text: str | None = None) -> Completed:
    stdout, stderr = child.communicate(text)
    return Completed(words, child.returncode, stdout, stderr)


def _stream(child: subprocess.Popen[str], words: tuple[str, ...], on_line: Callable[[str], None]) -> Completed:
    """Relay standard error line by line (both outputs, where they are one stream); what else there is is small in
    every caller and is read afterwards."""
    lines: list[str] = []
    for line in child.stderr or child.stdout or ():
        lines.append(line)
        on_line(line.rstrip("\n"))
    if child.stderr is None:
        return Completed(words, child.wait(), "".join(lines), "")
    stdout = child.stdout.read() if child.stdout else ""
    return Completed(words, child.wait(), stdout, "".join(lines))


def spawn(
    arguments: Words,
    *,
    environ: Mapping[str, str],
    directory: Path,
    stdout: int,
    stderr: int,
    pass_fds: Sequence[int] = (),
    die_with_parent: bool = False,
) -> Child:
    """Start a program beside this process, in its own session, with the given descriptors for its output.

    `die_with_parent` asks the kernel (Linux) to kill it when this process dies, however it dies. The caller owns the
    process and must wait for it. Raises `UserError` (`program-missing`).
    """
    words = [os.fspath(word) for word in arguments]
    try:
        return subprocess.Popen(
            words,
            env=dict(environ),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            preexec_fn=_death_signal() if die_with_parent else None,
        )
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise program_missing(words[0], error) from error


def _death_signal() -> Callable[[], None] | None:
    """A function that makes the kernel kill the calling process when its parent dies (prctl(2), PR_SET_PDEATHSIG).

    A worker that hangs in native code would otherwise outlive a server that was killed.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = _prctl()  # looked up before the fork: after it only the call itself is safe
    parent = os.getpid()

    def ask() -> None:
        prctl(1, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the fork and the wish
            os.kill(os.getpid(), signal.SIGKILL)

    return ask


@functools.cache  # each look makes a circle of objects, and a server starts workers for ever
def _prctl() -> Callable[..., int]:
    import ctypes

    return cast("Callable[..., int]", ctypes.CDLL(None).prctl)


def spawn_detached(
    arguments: Words,
    *,
    environ: Mapping[str, str],
    directory: Path,
    output: Path,
    pass_fds: Sequence[int] = (),
) -> ProcessIdentity:
    """Start a program that outlives this process, its output appended to the file `output` (created 0600)."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        child = spawn(
            arguments, environ=environ, directory=directory, stdout=descriptor, stderr=descriptor, pass_fds=pass_fds
        )
    finally:
        os.close(descriptor)
    identity = ProcessIdentity(child.pid, start_ticks_of(child.pid) or 0)
    _abandon(child)
    return identity


def become(arguments: Words, environ: Mapping[str, str]) -> NoReturn:
    """Run a program in place of this one: it has our terminal, our signals and our parent, and its exit code is ours.

    Raises `UserError` (`program-missing`).
    """
    words = [os.fspath(word) for word in arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(words[0], words, dict(environ))  # noqa: S606 - a list of words, and no shell wanted
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise program_missing(words[0], error) from error


def _abandon(child: Child) -> None:
    # The child is meant to outlive us: tell Popen that its end is nobody's concern, or it warns when collected.
    child.returncode = 0


def program_missing(program: str, error: OSError) -> UserError:
    """The error for a program that cannot be started, or whose working directory is gone."""
    if isinstance(error.filename, (str, os.PathLike)) and os.fspath(error.filename) != program:
        return UserError(
            "working-directory-missing",
            f"The folder '{error.filename}', where '{program}' is to run, cannot be entered: {error.strerror}.",
            "If somebody removed it, deploy the service again or reload it: its files are laid out anew.",
        )
    return UserError(
        "program-missing",
        f"The program '{program}' cannot be started: {error.strerror or error}.",
        "Check the path and that the file is executable.",
    )
