"""`modelport explain`: the page that belongs to an error code, or to a word for what a service is doing."""

from __future__ import annotations

import re
from pathlib import Path

import click

import modelport
from modelport.cli.doors import Door, session_of
from modelport.cli.output import Column
from modelport.errors import NotFoundError, UserError, nearest

_STATES = "states"
_IMAGE_STATES = ("NotStarted", "Succeeded", "Cancelled")


@click.command(
    cls=Door,
    examples=["modelport explain port-in-use", "modelport explain OOMKilled", "modelport explain --list"],
)
@click.argument("code", required=False)
@click.option("--list", "listing", is_flag=True, help="List all codes and reasons with what they mean.")
@click.pass_context
def explain(context: click.Context, code: str | None, listing: bool) -> None:
    """Explain an error CODE, or the state of a service or its reason: what it means, why it happens, what to do.

    Codes stand in brackets behind messages; `modelport service show NAME` tells the state and its reason.
    """
    output = session_of(context).output
    if listing:
        rows = [{"code": name, "meaning": meaning_of(name)} for name in (*codes(), *reasons())]
        output.rows(rows, (Column("code"), Column("meaning")))
        return
    if code is None:
        raise UserError("code-needed", "Which code is to be explained?", "List all codes: modelport explain --list")
    text = page(code.strip("[]"))
    if output.as_json:
        output.record({"code": code, "meaning": meaning_of(code), "text": text})
    else:
        output.markdown(text)


def page(code: str) -> str:
    """The text of a page; raises `NotFoundError` (`code-unknown`) with the nearest code there is.

    A reason that was made of a code (InitFailed) has the page of the code.
    """
    path = _pages().get(_plain(code))
    if path is None:
        close = nearest(code, [*codes(), *reasons()])
        raise NotFoundError(
            "code-unknown",
            f"There is no error code and no state '{code}'. {close if close.startswith('Did') else ''}".rstrip(),
            "List all codes: modelport explain --list",
        )
    return path.read_text(encoding="utf-8")


def _pages() -> dict[str, Path]:
    """Every page by the words that it may be asked by, in plain form."""
    general = _folder() / _STATES / "states.md"
    pages = {_plain(word): general for line in general.read_text(encoding="utf-8").splitlines()
             if line.startswith("| ") for word in line.split("|")[1:3]}  # fmt: skip
    pages |= {_plain(word): general for word in ("states", *_IMAGE_STATES)}
    return pages | {_plain(path.stem): path for path in (*_folder().glob(f"{_STATES}/*.md"), *_folder().glob("*.md"))}


def _plain(word: str) -> str:
    """A word without what may differ between a code and a reason.

    >>> _plain("init-failed") == _plain("InitFailed")
    True
    """
    return re.sub(r"[^a-z0-9]", "", word.lower())


def codes() -> list[str]:
    """Every code that has a page, sorted."""
    return sorted(path.stem for path in _folder().glob("*.md"))


def reasons() -> list[str]:
    """Every word for what a service is doing that has a page, sorted."""
    return sorted(path.stem for path in _folder().glob(f"{_STATES}/*.md"))


def meaning_of(code: str) -> str:
    """The first sentence of a page, below its heading."""
    paragraphs = page(code).split("\n\n")
    return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""


def _folder() -> Path:
    return Path(modelport.__file__).parent / "explanations"
