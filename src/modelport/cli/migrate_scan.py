"""`modelport migrate scan` and `show`: what a program of v1 uses, and what is different here."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.doors import Door, session_of
from modelport.cli.output import Output

if TYPE_CHECKING:
    from modelport.migration.coverage import Finding
    from modelport.migration.scan import Report

_NOT_COVERED = 1
_NAMES_MAX = 6
_WORST_FIRST = ("not covered", "unknown", "difference", "covered")


@click.command(
    cls=Door,
    examples=[
        "modelport migrate scan .",
        "modelport migrate scan deploy.ipynb --all",
        "modelport migrate scan src --output json",
    ],
)
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--all", "-a", "show_all", is_flag=True, help="Also list what is covered as it is.")
@click.pass_context
def scan(context: click.Context, path: Path, show_all: bool) -> None:
    """List what the programs in PATH use of the Azure ML SDK and CLI v1, and whether Modelport covers it.

    Scripts, notebooks, shell scripts and pipelines are read and nothing is executed. Exit code 0: all that was found is
    covered; 1: something is not covered, cannot be told, or could not be read.
    """
    from modelport.cli.ml.judge import judge
    from modelport.migration.scan import scan as look

    report = look(path, judge)
    output = session_of(context).output
    if output.as_json:
        output.record(_words(report))
    else:
        _tell(output, report, show_all=show_all)
    context.exit(0 if report.is_covered else _NOT_COVERED)


def _words(report: Report) -> dict[str, Any]:
    return {
        "files": len(report.files),
        "covered": report.is_covered,
        "counts": report.counts(),
        "deployment_calls": {**report.counts(calls_of_deployment=True), "share": report.share()},
        "uses": [each.to_dict() for each in report.findings],
        "unreadable": [
            {"file": place.file, "cell": place.cell or None, "line": place.line, "why": why}
            for place, why in report.unreadable
        ],
    }


def _tell(output: Output, report: Report, *, show_all: bool) -> None:
    """The findings file by file, what to do about them, and what they add up to."""
    shown = [each for each in report.findings if show_all or each.verdict != "covered"]
    for file, findings in groupby(shown, key=lambda each: each.use.place.file):
        output.text(f"{file}\n" + "\n".join(map(_line, findings)))
    advice = _advice(shown)
    if advice:
        output.text(f"\n{advice}")
    for place, why in report.unreadable:
        output.note(f"{place}: not looked at: {why}.")
    _sum(output, report)


def _line(finding: Finding) -> str:
    place = finding.use.place
    where = f"cell {place.cell}:{place.line}" if place.cell else str(place.line)
    return f"  {where:>12}  {finding.verdict:<11}  {finding.use.name}"


def _advice(findings: list[Finding]) -> str:
    """Each thing to know once, with the names that it is about."""
    names: dict[tuple[str, str, str], list[str]] = {}
    for each in findings:
        if each.why:
            told = names.setdefault((each.verdict, each.why, each.instead), [])
            told += [each.use.name] if each.use.name not in told else []
    parts = []
    for (verdict, why, instead), about in sorted(names.items(), key=lambda item: _WORST_FIRST.index(item[0][0])):
        listed = ", ".join(about[:_NAMES_MAX]) + (f" and {len(about) - _NAMES_MAX} more" * (len(about) > _NAMES_MAX))
        parts.append(f"{verdict}: {listed}\n  {why}" + (f"\n  -> {instead}" if instead else ""))
    return "\n".join(parts)


def _sum(output: Output, report: Report) -> None:
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts().items() if number)
    output.text(f"\n{len(report.files)} files: {counts or 'nothing of the Azure ML SDK v1'}.")
    share = report.share()
    if share is not None:
        output.text(f"Of the calls that register, deploy and operate, {share:.1%} are covered.")
    if any(each.verdict == "difference" for each in report.findings):
        output.note("More about a difference: modelport migrate show NAME")


@click.command(cls=Door, examples=["modelport migrate show Model.deploy", "modelport migrate show training"])
@click.argument("name")
@click.pass_context
def show(context: click.Context, name: str) -> None:
    """Explain what is different about NAME of v1, or why it is not covered."""
    from modelport.migration.differences import explained

    output = session_of(context).output
    text = explained(name)
    if output.as_json:
        output.record({"name": name, "text": text})
    else:
        output.markdown(text)
