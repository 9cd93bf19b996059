"""`modelport doctor`: what is wrong with a service, a deployment or this machine, why, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from modelport.cli.deploy import request_of, service_options
from modelport.cli.doors import Door, session_of
from modelport.cli.output import Output
from modelport.diagnosis.finding import Finding, Severity, worst
from modelport.errors import ModelportError

_MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"}


@click.command(
    cls=Door,
    examples=[
        "modelport doctor churn",
        "modelport doctor churn -e score.py -m outputs/model.pkl --requirements requirements.txt",
        "modelport doctor churn --output json",
        "modelport doctor",
    ],
)
@click.argument("name", required=False)
@service_options
@click.option(
    "--target", type=click.Choice(["local", "container"]), default="local", show_default=True,
    help="Where it is to run.",
)  # fmt: skip
@click.pass_context
def doctor(context: click.Context, /, name: str | None, **options: Any) -> None:
    """Say what is wrong with a service NAME, and with requests to it that failed, why, and what to do.

    With the words of `modelport deploy` behind it, it looks at that deployment before it is made. Without anything it
    looks at this machine. Nothing is changed. Exit code 0: nothing found but warnings; 1: something does not work.
    """
    from modelport.diagnosis.examination import refusal

    session = session_of(context)
    given = {key for key, value in options.items() if value not in (None, (), False) and key not in ("target",)}
    refused = None
    try:
        workspace = session.workspace
    except ModelportError as error:  # without it nothing can be looked at, and that is what is wrong
        _show([refusal(error)], session.output, "")
        context.exit(1)
    try:
        request = request_of(session, name or "doctor", options) if given else None
    except ModelportError as error:  # options that cannot be meant are what is wrong
        request, refused = None, error
    with session.output.working("Examining"):
        findings = workspace.examine(name or "", request, refused)
    _show(findings, session.output, name or "this machine")
    context.exit(1 if worst(findings) is Severity.ERROR else 0)


def _show(findings: list[Finding], output: Output, subject: str) -> None:
    if output.as_json:
        output.rows([{**asdict(finding), "severity": finding.severity.word} for finding in findings], ())
        return
    if not findings:
        output.text(f"Nothing is wrong with {subject}, as far as can be seen.")
    for finding in findings:
        output.text(f"{_MARKS[finding.severity]} {finding.step}: {finding.cause}  [{finding.code}]")
        for line in finding.evidence:
            output.text("\n".join(f"    {each}" for each in line.splitlines()))
        if finding.remedy:
            output.text(f"  -> {finding.remedy}")
