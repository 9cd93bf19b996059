"""An operation as a list of phases, each timed, recorded and reported; a failure undoes what was done, in reverse."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelport.errors import DeploymentError, ModelportError, at_step
from modelport.events import Event, EventRecord
from modelport.services.parts import Report
from modelport.storage.files import storage_error, storage_failures

_MESSAGE_OF_INTERRUPT = "interrupted"


@dataclass(frozen=True)
class Phase:
    """One step of an operation: what it does (its answer is the message that is recorded), and how it is undone.

    `name` is one of the kinds of events; `undo` must bear that `run` was broken off halfway.
    """

    name: str
    run: Callable[[], str]
    undo: Callable[[], None] | None = None


@dataclass(frozen=True)
class Ledger:
    """Where the events of one operation go: the record on disk and whoever watches."""

    record: EventRecord
    kind: str
    operation: str
    revision: int
    report: Report

    def note(self, kind: str, status: str, message: str = "", **words: object) -> None:
        """Record one event of this operation and show it; raises `StorageError`."""
        event = Event(kind, status, message, self.operation, self.revision)
        with storage_failures(self.record.path):
            written = self.record.append(Event(**{**event.__dict__, **words}))
        self.report(written)

    def try_note(self, kind: str, status: str, message: str = "", **words: object) -> None:
        """As `note`, where something matters more than the record: a disk that takes no event must not stop it."""
        with contextlib.suppress(ModelportError, OSError):
            self.note(kind, status, message, **words)


def run_phases(phases: Sequence[Phase], ledger: Ledger) -> None:
    """Run the phases in order. If one fails (or Ctrl-C is pressed), undo it and those before it, last first.

    Raises what the phase raised, if it is an error of ours, `StorageError` for what the disk refused, else
    `DeploymentError` (`step-failed`).
    """
    ledger.note(ledger.kind, "started")
    begun: list[Phase] = []
    try:
        for phase in phases:
            begun.append(phase)
            _run_phase(phase, ledger)
    except BaseException as error:
        _undo(begun, ledger)
        code = error.code if isinstance(error, ModelportError) else type(error).__name__
        ledger.try_note(ledger.kind, "failed", _message(error), code=code)
        if isinstance(error, (ModelportError, KeyboardInterrupt)) or not isinstance(error, Exception):
            raise
        refused = storage_error(error, ledger.record.path) if isinstance(error, OSError) else None
        if refused is not None:
            raise refused from error
        raise DeploymentError(
            "step-failed",
            f"{type(error).__name__}: {error}.",
            "Look at the disk, the permissions and the message; then try again. Nothing was left behind.",
            step=begun[-1].name,
        ) from error


def _run_phase(phase: Phase, ledger: Ledger) -> None:
    started = time.monotonic()
    ledger.note(phase.name, "started")
    try:
        with at_step(phase.name):
            message = phase.run()
    except BaseException as error:
        code = error.code if isinstance(error, ModelportError) else type(error).__name__
        ledger.try_note(phase.name, "failed", _message(error), code=code, duration_seconds=_since(started))
        raise
    ledger.note(phase.name, "succeeded", message, duration_seconds=_since(started))


def _undo(begun: list[Phase], ledger: Ledger) -> None:
    for phase in reversed(begun):
        if phase.undo is None:
            continue
        try:
            phase.undo()
        except (ModelportError, OSError) as error:  # the first failure is what the caller must hear of
            ledger.try_note(phase.name, "info", f"could not be undone: {_message(error)}")


def _since(started: float) -> float:
    return round(time.monotonic() - started, 6)


def _message(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return _MESSAGE_OF_INTERRUPT
    return error.message if isinstance(error, ModelportError) else f"{type(error).__name__}: {error}"
