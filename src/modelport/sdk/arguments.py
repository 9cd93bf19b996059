"""What all doors share: they accept v1's arguments, refuse unknown ones, and lead to the open workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelport.errors import UserError, nearest
from modelport.workspace import OpenWorkspace


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


def say(line: str) -> None:
    """Print a line for whoever runs the program."""
    print(line)  # noqa: T201 - v1 programs show these lines; the doors are where printing is allowed


def show(text: str) -> None:
    """Print a part of a line, at once: the dots of something that takes its time."""
    print(text, end="", flush=True)  # noqa: T201 - as `say`
