"""Checks of a service as it is (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from modelport.diagnosis.facts import Facts
from modelport.diagnosis.finding import STEPS, Finding, Severity

_FINE = ("running", "stopped")


def check_failure(facts: Facts) -> Iterator[Finding]:
    """What the deployment failed with, in its own words; a better explanation takes its place."""
    failure = facts.failure
    if failure is None:
        return
    proof: list[str] = []
    if failure.raised is not None:
        proof = [str(failure.raised)]
    if failure.file:
        proof.append(f"{failure.file}:{failure.line}" if failure.line else failure.file)
    step = failure.step if failure.step in STEPS else "launch"
    yield Finding(failure.code, Severity.ERROR, step, failure.message, tuple(proof), failure.remedy)


def check_name(facts: Facts) -> Iterator[Finding]:
    """A service of the name that a deployment asks for is there already."""
    if facts.is_asked and facts.service is not None:
        yield Finding(
            "service-exists", Severity.NOTE, "workspace",
            f"There is a service '{facts.service.name}' already ({facts.service.state}).", (),
            f"Replace it, without losing a request: modelport deploy {facts.service.name} --overwrite ...",
        )  # fmt: skip


def check_state(facts: Facts) -> Iterator[Finding]:
    """The service answers, or is stopped because somebody wished it."""
    service = facts.service
    if service is None or facts.failure is not None or service.state in _FINE or not service.state:
        return
    severity = Severity.ERROR if service.state in ("failed", "unhealthy") else Severity.NOTE
    yield Finding(
        "service-not-answering", severity, "endpoint",
        f"The service '{service.name}' is {service.state}: {service.message or service.reason}", (),
        f"modelport service logs {service.name}; then: modelport service start {service.name}",
    )  # fmt: skip
