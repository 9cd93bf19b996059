"""Checks of an environment that could not be installed (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelport.diagnosis.facts import Facts
from modelport.diagnosis.finding import Finding, Severity

_LOCAL = re.compile(r"([\w.\-\[\]]+) @ (file:\S+) \(([^()]+:\d+)\)")


def check_local_package(facts: Facts) -> Iterator[Finding]:
    """A requirement names a folder or file of another machine, as `pip freeze` writes what was installed from one."""
    failure = facts.failure
    found = _LOCAL.search(failure.message) if failure is not None and failure.step == "solve" else None
    if failure is not None and found is not None and "not found" in failure.message:
        package, place, line = found.groups()
        yield Finding(
            "package-path-missing", Severity.ERROR, "solve",
            f"{line} wants '{package}' from {place}, which is not on this machine.", (failure.message,),
            f"Take the line out ({line}); code of your own is deployed with the script: --source-directory .",
            refines=(failure.code,),
        )  # fmt: skip
