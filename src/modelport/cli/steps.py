"""Shows the steps of an operation on a service as they happen, and sees the operation through."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.cli.output import Output
    from modelport.events import Event
    from modelport.services.manager import ServiceManager
    from modelport.services.service import Service

_OPERATIONS = frozenset({"deploy", "update", "reload", "scale", "stop", "start", "delete"})


class Steps:
    """Prints each event of an operation once: what has ended with its time, what has begun as a moving line."""

    def __init__(self, output: Output, working: Callable[[str], None]) -> None:
        self._output = output
        self._working = working
        self._seen: set[tuple[str, str, str, str]] = set()

    @property
    def shown(self) -> bool:
        """Whether there has been any event."""
        return bool(self._seen)

    def __call__(self, event: Event) -> None:
        """Show an event; one that was shown already, or that says nothing to a person, is left out."""
        key = (event.time, event.kind, event.status, event.worker)
        if key in self._seen:
            return
        self._seen.add(key)
        if event.status == "started":
            self._working(f"{event.kind} {event.message}".rstrip() + " …")
        elif not (event.kind in _OPERATIONS and event.status == "failed"):
            # What went wrong is what the error says, below the user's own traceback.
            told_by_error = event.status == "failed" and not event.worker
            self._output.note(line_of(replace(event, message="") if told_by_error else event))


def line_of(event: Event) -> str:
    """One step in one line: what, how long, how it ended."""
    seconds = "" if event.duration_seconds is None else f"{event.duration_seconds:.2f} s"
    mark = {"failed": "FAILED", "info": "", "succeeded": "done"}.get(event.status, event.status)
    first = event.message.splitlines()[0] if event.message else ""
    source = f"{event.worker} " if event.worker else ""
    return f"  {event.kind:<8} {mark:<6} {seconds:>9}  {source}{first}".rstrip()


@contextmanager
def showing(output: Output, sentence: str) -> Iterator[Steps]:
    """The steps of one operation, shown below `sentence`."""
    if not output.as_json:
        output.note(sentence)
    with output.working(sentence) as working:
        yield Steps(output, working)


def see_through(manager: ServiceManager, name: str, steps: Steps) -> Service:
    """Wait until the operation has ended, showing what happens. Raises `DeploymentError`.

    Where there was nothing to do, the steps of the operation before are not shown as if they were new.
    """
    return manager.wait(name, on_event=steps if steps.shown else None)


def finished(output: Output, service: Service, verb: str, started: float) -> None:
    """Say what an operation on a service came to."""
    seconds = time.monotonic() - started
    serves = service.desired_replicas > 0 and service.scoring_uri
    place = f" It is {service.status.state} at {service.scoring_uri}" if serves else ""
    output.done(f"Service '{service.name}' {verb} in {seconds:.1f} s.{place}", service.to_dict())
