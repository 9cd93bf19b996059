"""Checks of paths that a deployment names and that are not there (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from modelport.diagnosis.facts import Facts
from modelport.diagnosis.finding import Finding, Severity
from modelport.errors import nearest

_SHOWN_MAX = 20


def check_missing_path(facts: Facts) -> Iterator[Finding]:
    """What is there instead: a link that leads nowhere, or a file with nearly the same name."""
    missing, failure = facts.missing, facts.failure
    if missing is None or failure is None:
        return
    if missing.link:
        yield Finding(
            "model-link-broken", Severity.ERROR, failure.step,
            f"'{missing.path}' is a link to '{missing.link}', which is not there.", (failure.message,),
            f"Bring '{missing.link}' back, lead the link elsewhere (ln -sfn TARGET {missing.path}), or name the file.",
            refines=(failure.code,),
        )  # fmt: skip
        return
    hint = nearest(missing.name, missing.beside) if len(missing.beside) <= _SHOWN_MAX else ""
    if hint:
        yield Finding(
            failure.code, Severity.ERROR, failure.step, failure.message, (f"in '{missing.folder}': no {missing.name}",),
            f"{hint} {failure.remedy}", refines=(failure.code,),
        )  # fmt: skip
