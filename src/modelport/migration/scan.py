"""`modelport migrate scan`: what every use of v1 below a path comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from modelport.migration import catalog
from modelport.migration.coverage import COVERED, DIFFERENT, MISSING, VERDICTS, Finding, judged
from modelport.migration.program import uses_of
from modelport.migration.shell import az_lines
from modelport.migration.sources import Place, Source, sources
from modelport.migration.uses import CALL, COMMAND, Use


@dataclass(frozen=True)
class Judgement:
    """What is not covered of a command, and what to do; without a `why` all is."""

    why: str = ""
    instead: str = ""
    is_deployment: bool = True


JudgeCommand = Callable[[list[str]], Judgement]
"""Takes the words behind `az ml`."""


@dataclass
class Report:
    """What was found: uses with their verdicts, and what could not be read."""

    findings: list[Finding] = field(default_factory=list)
    unreadable: list[tuple[Place, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    @property
    def is_covered(self) -> bool:
        """Whether all that was found is covered, be it with a difference, and all could be read."""
        return not self.unreadable and all(each.verdict in (COVERED, DIFFERENT) for each in self.findings)

    def counts(self, *, calls_of_deployment: bool = False) -> dict[str, int]:
        """How many there are of each verdict; `calls_of_deployment` counts calls and commands of that half alone."""
        kept = self.findings
        if calls_of_deployment:
            kept = [each for each in kept if each.is_deployment and each.use.kind in (CALL, COMMAND)]
        return {verdict: sum(each.verdict == verdict for each in kept) for verdict in VERDICTS}

    def share(self) -> float | None:
        """Which part of the deployment half's calls is covered, from 0 to 1; None without any."""
        counts = self.counts(calls_of_deployment=True)
        total = sum(counts.values())
        return (counts[COVERED] + counts[DIFFERENT]) / total if total else None


def scan(path: Path, judge_command: JudgeCommand) -> Report:
    """Look at every script, notebook and shell file below a path; raises `NotFoundError` (`scan-path-missing`)."""
    report = Report()
    for source in sources(path):
        report.files.add(source.file)
        if source.unreadable:
            report.unreadable.append((Place(source.file, 1), source.unreadable))
        _scan_python(source, report)
        for place, text in source.commands:
            report.findings += _commands(place, text, judge_command)
    report.findings.sort(key=lambda each: (each.use.place.file, each.use.place.cell, each.use.place.line))
    return report


def _scan_python(source: Source, report: Report) -> None:
    if not any("azureml" in text for _, text in source.python):
        return  # nothing of v1 is named in it, and what does not parse is not ours to judge
    uses, broken = uses_of(source)
    report.findings += [judged(use) for use in uses if not use.is_guess or catalog.is_telling(use.name)]
    report.unreadable += broken


def _commands(place: Place, text: str, judge_command: JudgeCommand) -> list[Finding]:
    found = []
    for line, words in az_lines(text):
        judgement = judge_command(words)
        name = " ".join(["az ml", *(word for word in words[:3] if word[:1].isalpha())])
        use = Use(Place(place.file, place.line + line - 1, place.cell), COMMAND, name)
        verdict = MISSING if judgement.why else COVERED
        found.append(Finding(use, verdict, judgement.why, judgement.instead, judgement.is_deployment))
    return found
