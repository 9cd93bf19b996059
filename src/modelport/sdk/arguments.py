"""What all doors share: they accept v1's arguments, refuse unknown ones, and lead to the open workspace."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping

from modelport.errors import NotFoundError, UserError, nearest
from modelport.v1_errors import speaks_v1
from modelport.workspace import OpenWorkspace

logger = logging.getLogger("modelport")


def accepted(call: str, given: Mapping[str, object], valid: Iterable[str]) -> dict[str, object]:
    """The arguments in `given` that are not None; raises `UserError` (`argument-unknown`) for one not in `valid`."""
    names = set(valid)
    for name in given:
        if name not in names:
            raise UserError(
                "argument-unknown",
                f"{call} has no argument {name!r}. {nearest(name, names)}".rstrip(),
                f"Look at help({call}).",
            )
    return {name: value for name, value in given.items() if value is not None}


def refuse_unknown(call: str, function: Callable[..., object], unknown: Mapping[str, object]) -> None:
    """Raise `UserError` (`argument-unknown`) for the first of `unknown`, with the nearest parameter of `function`."""
    accepted(call, unknown, inspect.signature(function).parameters.keys() - {"self", "unknown"} - unknown.keys())


def opened(workspace: object) -> OpenWorkspace:
    """The open workspace behind a `Workspace`; raises `UserError` (`argument-invalid`) for anything else."""
    found = getattr(workspace, "_opened", None)
    if isinstance(found, OpenWorkspace):
        return found
    raise UserError(
        "argument-invalid",
        f"A Workspace is needed, not {type(workspace).__name__}.",
        "Get one: ws = Workspace.from_config()   or: Workspace.get('NAME')",
    )


def v1_word(word: str, error: NotFoundError) -> NotFoundError:
    """The error, whose message begins with v1's word for it in a v1 program, which may look for it there."""
    if speaks_v1() and not error.message.startswith(word):
        error.message = f"{word}: {error.message}"
    return error


def without_effect(call: str, given: Mapping[str, object]) -> dict[str, str]:
    """The arguments of v1 that were given and mean nothing here, as text to be recorded; one line names them."""
    found = {name: str(value) for name, value in given.items() if value is not None}
    if found:
        logger.warning("%s: recorded, and without effect here: %s", call, ", ".join(sorted(found)))
    return found


def say(line: str) -> None:
    """Print a line for whoever runs the program."""
    print(line)  # noqa: T201 - v1 programs show these lines; the doors are where printing is allowed


def show(text: str) -> None:
    """Print a part of a line, at once: the dots of something that takes its time."""
    print(text, end="", flush=True)  # noqa: T201 - as `say`
