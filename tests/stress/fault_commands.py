"""The commands that faults are put into: how the home is made ready for one, and what became of it."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.stress.conftest import Size
from tests.stress.fault_home import SUBJECT, FaultHome
from tests.stress.fault_points import KILLED_AT, Point, Program, points_of, table

from modelport.errors import ModelportError
from modelport.registry.model import ModelQuery, Registration
from modelport.services.request import ScriptRequest, ServiceChange

BEFORE, AFTER, BEGUN = "before", "after", "begun"
"""What a command left: nothing, everything, or (a delete alone) a service that is stopped and can be deleted."""


@dataclass
class Command:
    """One command on a home.

    `prepare` makes the home ready, so that the command makes the same calls each time; `state` tells BEFORE, AFTER,
    BEGUN, or in other words what is wrong; `repeat` does the same once more, and `in_the_way` is the code that it may
    raise where the command was complete before.
    """

    name: str
    program: Program
    home: FaultHome
    prepare: Callable[[], None]
    state: Callable[[], str]
    repeat: Callable[[], object]
    in_the_way: str = ""
    _points: list[Point] = field(default_factory=list)

    def points(self) -> list[Point]:
        """Every point of the command, found by running it once to its end."""
        if not self._points:
            self.prepare()
            self._points = points_of(self.program, self.home.home, KILLED_AT)
        return self._points

    def repeated(self, left: str) -> list[str]:
        """Do it once more: what is wrong with that."""
        try:
            self.repeat()
        except ModelportError as error:
            if left != AFTER or error.code != self.in_the_way:
                return [f"again: {error}"]
        found = self.state()
        return [] if found == AFTER else [f"again: {found}"]


class Commands:
    """The commands on one home, by name."""

    def __init__(self, home: FaultHome) -> None:
        self._home = home
        self._versions = 0
        words = ("-e", "two.py", "-m", "keep:2", "--replicas", "2")
        self._all = {
            "register": self._command("register", ("model", "register", "-n", "fresh", "fresh.bin")),
            "deploy": self._command("deploy", ("deploy", SUBJECT, "-e", "one.py", "-m", "keep:1"), "service-exists"),
            "update": self._command("update", ("service", "update", SUBJECT, *words)),
            "delete": self._command("delete", ("service", "delete", SUBJECT), "service-not-found"),
        }

    def __getitem__(self, name: str) -> Command:
        return self._all[name]

    def _command(self, name: str, words: tuple[str, ...], in_the_way: str = "") -> Command:
        program = self._home.program(*words, starts_server=name == "deploy")
        prepare, state, repeat = (getattr(self, f"_{verb}_{name}") for verb in ("before", "state_of", "again"))
        return Command(name, program, self._home, prepare, state, repeat, in_the_way)

    def _before_register(self) -> None:
        (self._home.work / "fresh.bin").write_bytes(_content_for_new_folder(self._home))
        self._versions = self._count()

    def _state_of_register(self) -> str:
        grown = self._count() - self._versions
        return {0: BEFORE, 1: AFTER, 2: AFTER}.get(grown, f"{grown} versions more")

    def _again_register(self) -> None:
        self._home.workspace.models.register(self._home.work / "fresh.bin", Registration("fresh"))

    def _count(self) -> int:
        return len(self._home.workspace.models.find(ModelQuery(name="fresh")))

    def _before_deploy(self) -> None:
        self._home.clear()

    def _state_of_deploy(self) -> str:
        if self._home.is_interrupted():
            return BEFORE
        return {"one": AFTER}.get(found := self._home.answer(), found)

    def _again_deploy(self) -> None:
        self._home.deploy_subject()

    def _before_update(self) -> None:
        self._home.clear()
        self._home.deploy_subject()

    def _state_of_update(self) -> str:
        return {"one": BEFORE, "two": AFTER}.get(found := self._home.answer(), found)

    def _again_update(self) -> None:
        script = ScriptRequest(str(self._home.work / "two.py"))
        change = ServiceChange(script=script, models=("keep:2",), limits={"workers": 2})
        self._home.services.update(SUBJECT, change)

    def _before_delete(self) -> None:
        self._before_update()

    def _again_delete(self) -> None:
        self._home.services.delete(SUBJECT)

    def _state_of_delete(self) -> str:
        if SUBJECT not in self._home.services.names():
            return AFTER
        found = self._home.services.get(SUBJECT).status.state
        return {"stopped": BEGUN, "running": BEFORE}.get(found, f"the service is {found}")


def _content_for_new_folder(home: FaultHome) -> bytes:
    """A content whose digest begins as no other's, so that each registration makes the same calls."""
    blobs = home.workspace.directory / "blobs" / "sha256"
    contents = (b"%d" % number for number in range(100_000))
    return next(each for each in contents if not (blobs / hashlib.sha256(each).hexdigest()[:2]).exists())


def sampled(points: Sequence[Point], size: Size) -> list[Point]:
    """All points in the long form, else one of them, by the seed."""
    print(f"fault points: {table(points)}")
    return list(points) if size.long else [random.Random(size.seed).choice(points)]


def report(point: Point, fault: str, found: Sequence[str], otherwise: str) -> list[str]:
    """Tell how one point went; returns its complaints in full."""
    print(f"{fault} {point} {point.detail[-100:]}: {'; '.join(found) or otherwise}", flush=True)
    return [f"{fault} {point} {json.dumps(point.detail[:160])}: {each}" for each in found]
