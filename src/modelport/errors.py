"""The errors that Modelport raises, sorted by who can act on them.

    ModelportError
    ├── UserError              the caller: a name, a path, an argument, a configuration file      exit 2
    │   ├── ScriptError        the entry script cannot be used as it is (file:line first)
    │   └── MissingExtraError  an optional dependency is not installed (names the extra)
    ├── EngineError            no container engine, or it does not answer                        exit 3
    ├── NotFoundError          no such workspace, model, environment, service, run or secret      exit 4
    ├── ConflictError          it exists already, is in use, or another operation holds it        exit 5
    ├── ResolutionError        the environment cannot be solved or built                          exit 6
    ├── DeploymentError        the service did not become ready; the user's traceback comes first exit 7
    ├── ScoringError           the service answered, and not with 200                             exit 8
    ├── StorageError           the disk is full, a file is damaged, the catalogue is locked       exit 9
    └── ProtocolError          two parts of Modelport do not understand each other                exit 70

Every error carries a `code` (see `modelport explain CODE`), a message that names the object, what is wrong, the value
seen and the valid choices, and a `remedy`: what to do next. Each is also one of v1's exceptions
(`modelport.v1_errors`), so that a v1 program catches what it caught; some have a class of their own for that alone
(`modelport.v1_kinds`).
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from modelport.v1_errors import AzureMLException, UserErrorException, WebserviceException, speaks_v1, v1_name, v1_text


class ModelportError(AzureMLException):
    """An error of Modelport: what is wrong, and what to do next.

    `str(error)` is the message followed by the remedy; the parts are the attributes `code`, `message`, `remedy`. `step`
    is the step of an operation that broke, empty where there was none; it then comes before the message.
    In a v1 program `str(error)` has v1's shape (`v1_errors.speak_v1`); `text()` never has.

    >>> error = ModelportError("model-not-found", "Model 'diabetes' is not registered.", "Run: modelport model list")
    >>> print(error)
    Model 'diabetes' is not registered.
      -> Run: modelport model list  [model-not-found]
    """

    exit_code = 1

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        Exception.__init__(self, code, message, remedy)  # not that of v1's classes, which come after it
        self.code = code
        self.message = message
        self.remedy = remedy
        self.step = ""

    @property
    def inner_exception(self) -> BaseException | None:
        """The error that led to this one."""
        return self.__cause__

    def text(self) -> str:
        """The whole error as people read it."""
        step = f"Step '{self.step}' failed: " if self.step else ""
        said = f"{step}{self.place()}{self.message}"
        return f"{said}\n  -> {self.remedy}  [{self.code}]" if self.remedy else f"{said}  [{self.code}]"

    def place(self) -> str:
        """Where in the user's files it is, in front of the message; empty where that is not known."""
        return ""

    def __str__(self) -> str:
        if not speaks_v1():
            return self.text()
        return v1_text(v1_name(type(self)), self.text(), self.inner_exception, {"code": self.code})

    __repr__ = Exception.__repr__

    def to_dict(self) -> dict[str, object]:
        """The error as JSON-ready words: `code`, `message`, `remedy`, `exit_code`; `step` where one broke."""
        words = {"code": self.code, "message": self.message, "remedy": self.remedy, "exit_code": self.exit_code}
        return {**words, "step": self.step} if self.step else words


@contextmanager
def at_step(name: str) -> Iterator[None]:
    """Let errors of ours that are raised meanwhile say which step of an operation broke, unless they say it already.

    >>> with at_step("solve"):
    ...     raise ResolutionError("package-not-found", "There is no package 'numpie'.")
    Traceback (most recent call last):
    modelport.errors.ResolutionError: Step 'solve' failed: There is no package 'numpie'.  [package-not-found]
    """
    try:
        yield
    except ModelportError as error:
        error.step = error.step or name
        raise


class UserError(ModelportError, WebserviceException, UserErrorException):
    """Something that the caller gave is not valid; nothing was changed."""

    exit_code = 2


class ScriptError(UserError):
    """The entry script cannot be used: it is missing, does not parse, or lacks a usable `init()` or `run()`."""

    def __init__(self, code: str, message: str, remedy: str = "", *, file: str = "", line: int = 0) -> None:
        super().__init__(code, message, remedy)
        self.file = file
        self.line = line

    def place(self) -> str:
        """The file of the script and, where it is known, the line."""
        return f"{self.file}:{self.line}: " if self.line else (f"{self.file}: " if self.file else "")

    def to_dict(self) -> dict[str, object]:
        """The error as JSON-ready words, with `file` and `line`."""
        return {**super().to_dict(), "file": self.file, "line": self.line}


class MissingExtraError(UserError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            "extra-missing",
            f"{feature} needs the optional dependencies of 'modelport[{extra}]', which are not installed.",
            f"Run: pip install 'modelport[{extra}]'",
        )
        self.extra = extra


class EngineError(ModelportError, WebserviceException):
    """There is no container engine, it does not answer, or this user may not use it; images need one."""

    exit_code = 3


class NotFoundError(ModelportError, WebserviceException):
    """What was asked for does not exist; the message names the nearest thing that does."""

    exit_code = 4
    status_code = 404


class ConflictError(ModelportError, WebserviceException):
    """What was asked for contradicts the present state: it exists, is in use, or is being changed by someone else."""

    exit_code = 5
    status_code = 409


class ResolutionError(ModelportError, WebserviceException):
    """The environment cannot be solved, locked or installed."""

    exit_code = 6


class DeploymentError(ModelportError, WebserviceException):
    """The service did not become ready, or a running revision could not be replaced.

    `traceback` is the user's own traceback (empty where there is none) and comes first in `str(error)`; `step` is the
    step that broke; `logs` are the last lines of the service's log.
    """

    exit_code = 7

    def __init__(
        self, code: str, message: str, remedy: str = "", *, step: str = "", traceback: str = "", logs: str = ""
    ) -> None:
        super().__init__(code, message, remedy)
        self.step = step
        self.traceback = traceback
        self.logs = logs

    def text(self) -> str:
        """The whole error as people read it: the user's own traceback first, then the step, then the rest."""
        first = f"{self.traceback.rstrip()}\n\n" if self.traceback else ""
        return first + super().text()

    def to_dict(self) -> dict[str, object]:
        """The error as JSON-ready words, with `step` and `traceback`."""
        return {**super().to_dict(), "step": self.step, "traceback": self.traceback}


class ScoringError(ModelportError, WebserviceException):
    """The service answered a scoring request with a status other than 200, or could not be reached.

    `status` is the HTTP status (0 where there was no answer), `body` the answer as text, `headers` its headers.
    """

    exit_code = 8

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str = "",
        *,
        status: int = 0,
        body: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, remedy)
        self.status = status
        self.status_code = status or None
        self.body = body
        self.headers = dict(headers or {})

    def to_dict(self) -> dict[str, object]:
        """The error as JSON-ready words, with `status` and `body`."""
        return {**super().to_dict(), "status": self.status, "body": self.body}


class StorageError(ModelportError):
    """The home of the workspace cannot be read or written: disk full, damaged file, locked catalogue."""

    exit_code = 9


class ProtocolError(ModelportError):
    """Two parts of Modelport do not understand each other: another version, or damaged data."""

    exit_code = 70


def port_error(host: str, port: int, error: OSError) -> ModelportError:
    """The error for an address that cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return ConflictError(
            "port-in-use",
            f"Port {port} on {host} is in use by another program.",
            f"Choose another port, leave it out for a free one, or find its owner: ss -ltnp 'sport = :{port}'",
        )
    return UserError(
        "port-unusable",
        f"Port {port} on {host} cannot be opened: {error.strerror or error}.",
        "Choose a port from 1024 to 65535 and an address of this machine.",
    )


def nearest(word: str, choices: Iterable[str]) -> str:
    """A sentence that names the valid choice nearest to `word`, or all of them, or nothing if there are none.

    >>> nearest("dependancies", ["name", "channels", "dependencies"])
    "Did you mean 'dependencies'?"
    >>> nearest("x", ["b", "a"])
    'Valid: a, b.'
    """
    known = sorted(set(choices))
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Valid: {', '.join(known)}." if known else ""
