"""What an examination finds: how bad it is, the cause, what proves it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is.

    NOTE: worth knowing. WARNING: works, and may not for long. ERROR: does not work, or will not.
    """

    NOTE = 0
    WARNING = 1
    ERROR = 2

    @property
    def word(self) -> str:
        """In lower case, as people and programs read it."""
        return self.name.lower()


# The ladder: what a deployment goes through, in this order. What breaks first is told first.
STEPS = ("machine", "workspace", "check", "models", "solve", "build", "launch", "init", "run", "endpoint", "capacity")


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    `code` has a page (`modelport explain CODE`); `step` is one of `STEPS`; `cause` says in a sentence what is wrong;
    `evidence` are lines that prove it; `remedy` is what to do, with the command. `refines` names codes that this
    finding explains better, so that those are left out.
    """

    code: str
    severity: Severity
    step: str
    cause: str
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    refines: tuple[str, ...] = ()


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, of equals what breaks first; each cause once, and by its best explanation.

    >>> early = Finding("script-missing", Severity.ERROR, "check", "There is no script.")
    >>> late = Finding("init-failed", Severity.ERROR, "init", "init() failed.")
    >>> [each.code for each in ranked([late, early, late])]
    ['script-missing', 'init-failed']
    """
    known = list(findings)
    explained = {code for finding in known for code in finding.refines if code != finding.code}
    told = (finding for finding in known if finding.code not in explained)
    by_rank = sorted(told, key=lambda finding: (-finding.severity, STEPS.index(finding.step), not finding.refines))
    return list({finding.code: finding for finding in reversed(by_rank)}.values())[::-1]


def worst(findings: Iterable[Finding]) -> Severity:
    """The severity of the worst finding; a note if there is none."""
    return max((finding.severity for finding in findings), default=Severity.NOTE)
