"""How a run ends badly: which exit code, and what is printed where."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from modelport.cli.session import Session
from modelport.errors import ModelportError, ProtocolError, StorageError, UserError

if TYPE_CHECKING:
    from modelport.manifest import Program
    from modelport.server.worker_process import Failure

EXIT_CODES: dict[int, str] = {
    0: "it worked",
    1: "it did not work, for a reason that no other code names (for example: fsck found damage)",
    2: "bad usage or input; nothing was changed",
    3: "serve: init() of the script failed; elsewhere: no container engine, or it does not answer",
    4: "what was named does not exist",
    5: "it exists already, is in use, or is being changed by someone else",
    6: "the environment cannot be solved or installed",
    7: "the service did not become ready, or could not be updated",
    8: "the service answered with an error, or not at all",
    9: "the disk is full, a file is damaged, or the catalogue is locked",
    70: "a bug in Modelport, or two versions of it that do not understand each other",
    130: "interrupted with Ctrl-C",
    141: "whoever read the output has left",
}
_INTERRUPTED, _READER_LEFT = 130, 141


def end(error: BaseException, session: Session, arguments: Sequence[str]) -> int:
    """Tell what went wrong and return the exit code.

    For people the message goes to standard error; with --output json one object `{"error": {…}}` goes to standard
    output, so that a program finds its answer where it looks for it.
    """
    if isinstance(error, BrokenPipeError):
        return reader_left()
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        sys.stderr.write("Interrupted.\n")
        return _INTERRUPTED
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # click 8.2 and later
        sys.stderr.write(f"{error}\n")
        return UserError.exit_code
    if session.verbose:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, click.ClickException):
        return _tell(_usage_error(error), session, arguments)
    if isinstance(error, ModelportError):
        return _tell(error, session, arguments)
    if isinstance(error, OSError):
        return _tell(_system_error(error), session, arguments)
    return _tell(_bug(error, session), session, arguments)


def reader_left() -> int:
    """End quietly: whoever read standard output has closed it, and what is still in our buffer has nowhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _READER_LEFT


def _usage_error(error: click.ClickException) -> UserError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "modelport"
    return UserError("usage-invalid", error.format_message(), f"See: {path} --help")


def _system_error(error: OSError) -> StorageError:
    place = f" for '{error.filename}'" if error.filename else ""
    return StorageError(
        "system-refused",
        f"The system refused what was asked of it{place}: {error.strerror or error}.",
        "Check that the path exists, who owns it, and that the disk has room: ls -ld PATH; df -h PATH",
    )


def _bug(error: BaseException, session: Session) -> ProtocolError:
    return ProtocolError(
        "internal-error",
        f"This is a bug in Modelport: {type(error).__name__}: {error}",
        "The traceback stands above." if session.verbose else "For the traceback, run the command with --verbose.",
    )


def _tell(error: ModelportError, session: Session, arguments: Sequence[str]) -> int:
    if _wants_json(session, arguments):
        sys.stdout.write(json.dumps({"error": error.to_dict()}, indent=2, default=str) + "\n")
    else:
        sys.stderr.write(f"{error}\n")
    return error.exit_code


def _wants_json(session: Session, arguments: Sequence[str]) -> bool:
    """Whether JSON was asked for, also where the line could not be parsed as far as that option."""
    if session.format is not None:
        return session.format == "json"
    words = list(arguments)
    text = " ".join(words)
    asked = any(f"{option}json" in text for option in ("--output ", "--output=", "-o ", "-o"))
    return asked or session.settings.output == "json"


def in_foreground(failure: Failure, program: Program) -> Failure:
    """A failure as `modelport serve` tells it: with remedies for a script that was not deployed and that runs in a
    Python of the user's choice."""
    if failure.code == "init-died":  # its last words were shown when they came
        name = program.entry_script.removesuffix(".py")
        remedy = f'What it printed stands above. Without Modelport: {program.python} -c "import {name}; {name}.init()"'
        return replace(failure, traceback="", remedy=remedy)
    if failure.code == "module-missing" and failure.distribution:
        install = f"Install it: {program.python} -m pip install {failure.distribution}"
        return replace(failure, remedy=f"{install}; or name another Python that has it: --python PATH")
    return failure


def failure_text(failure: Failure) -> str:
    """Why the script does not serve: the user's traceback first, then what it means and what to do."""
    first = f"{failure.traceback.rstrip()}\n\n" if failure.traceback else ""
    place = f"{failure.file}:{failure.line}: " if failure.file and failure.line else ""
    remedy = f"\n  -> {failure.remedy}" if failure.remedy else ""
    return f"{first}{place}{failure.message}{remedy}  [{failure.code}]\n"
