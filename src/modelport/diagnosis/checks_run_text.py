"""Checks of `run()` by its text: answers that are right for one request, one client or one machine alone (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from modelport.diagnosis.checks_init import Known
from modelport.diagnosis.facts import Facts
from modelport.diagnosis.finding import Finding, Severity

# By the line of a script's reading that tells of it; {place} in a remedy becomes file and line.
_HABITS: dict[str, tuple[Severity, Known]] = {
    "swallows": (Severity.WARNING, Known(
        "error-swallowed", "run() catches every error and answers it as if it were a result, with status 200.",
        "Let errors pass, or raise again at {place}: the service answers 502, keeps the traceback and counts the "
        "failure.",
    )),
    "answers_json_text": (Severity.NOTE, Known(
        "answer-json-twice", "run() returns json.dumps(...), so that clients get a text and have to decode twice.",
        "Return the object itself, without json.dumps(), unless clients of the service count on the text.",
    )),
    "not_a_number": (Severity.NOTE, Known(
        "answer-not-json", "run() can return NaN or infinity, which JSON does not have.",
        "Return None or a number instead of NaN: value if math.isfinite(value) else None.",
    )),
    "local_time": (Severity.NOTE, Known(
        "time-zone", "run() takes the time of day in the time zone of the machine.",
        "Name the zone: datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).",
    )),
}  # fmt: skip


def check_habits(facts: Facts) -> Iterator[Finding]:
    """What `run()` does that often leads to answers which are taken for something else."""
    script = facts.script
    if script is None or script.reading is None:
        return
    for name, (severity, habit) in _HABITS.items():
        line = getattr(script.reading, name)
        if line:
            place = f"{script.path}:{line}"
            yield Finding(habit.code, severity, "run", habit.cause, (place,), habit.remedy.replace("{place}", place))


def check_shared_state(facts: Facts) -> Iterator[Finding]:
    """`run()` changes a global, and several requests run at once in one worker."""
    script, service = facts.script, facts.service
    at_once = service.limits.get("max_concurrent_requests", 1) if service else 1
    if script is None or script.reading is None or not script.reading.globals_of_run or at_once < 2:
        return
    names = ", ".join(script.reading.globals_of_run)
    yield Finding(
        "state-shared", Severity.WARNING, "run",
        f"run() changes the global '{names}', and {at_once:g} requests run at once and share it.",
        (f"{script.path}:{script.reading.run_line}",),
        f"Keep {names} within run(), or let one request run at a time and take more workers: "
        f"--max-concurrent-requests 1 --replicas {at_once:g}",
    )  # fmt: skip
