"""`modelport explain`: the page that belongs to an error code."""

from __future__ import annotations

from pathlib import Path

import click

import modelport
from modelport.cli.doors import Door, session_of
from modelport.cli.output import Column
from modelport.errors import NotFoundError, UserError, nearest


@click.command(
    cls=Door,
    examples=["modelport explain port-in-use", "modelport explain --list", "modelport explain --list --output json"],
)
@click.argument("code", required=False)
@click.option("--list", "listing", is_flag=True, help="List all codes with what they mean.")
@click.pass_context
def explain(context: click.Context, code: str | None, listing: bool) -> None:
    """Explain an error CODE: what it means, why it happens, what to do. Codes stand in brackets behind messages."""
    output = session_of(context).output
    if listing:
        rows = [{"code": name, "meaning": meaning_of(name)} for name in codes()]
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
    """The text of a page; raises `NotFoundError` (`code-unknown`) with the nearest code there is."""
    known = codes()
    if code not in known:
        close = nearest(code, known)
        raise NotFoundError(
            "code-unknown",
            f"There is no error code '{code}'. {close if close.startswith('Did') else ''}".rstrip(),
            "List all codes: modelport explain --list",
        )
    return (_folder() / f"{code}.md").read_text(encoding="utf-8")


def codes() -> list[str]:
    """Every code that has a page, sorted."""
    return sorted(path.stem for path in _folder().glob("*.md"))


def meaning_of(code: str) -> str:
    """The first sentence of a page, below its heading."""
    paragraphs = page(code).split("\n\n")
    return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""


def _folder() -> Path:
    return Path(modelport.__file__).parent / "explanations"
