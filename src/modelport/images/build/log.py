"""Reads what a builder prints, line by line (pure): BuildKit's plain progress, the classic builder's, and buildah's.

Each line becomes at most one `Progress`, the same for all dialects; what a step printed is kept with the step, for
whoever must say why it failed.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from modelport.images.build.dockerfile_steps import Instruction

KEPT_LINES: Final = 2000
"""Of each step's output, the last lines that are kept in memory; the log file has all."""
_STEPS = frozenset({"FROM", "RUN", "COPY", "ADD", "WORKDIR"})  # what BuildKit shows as a step of its own
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_BUILDKIT = re.compile(r"^#(?P<key>\d+) (?P<rest>.*)$")
_NAMED = re.compile(r"^\[(?:(?P<stage>\S+) )?\d+/\d+\] (?P<name>.+)$")
_TIMED = re.compile(r"^\d+\.\d+ ?(?P<text>.*)$")
_DONE = re.compile(r"^DONE (?P<seconds>\d+\.\d+)s$")
_CLASSIC = re.compile(r"^(?:\[\d+/\d+\] )?(?:Step|STEP) (?P<number>\d+)(?:/(?P<total>\d+))? ?: (?P<name>.*)$")
_DASHES = re.compile(r"^-{6,}$")
_NOISE = re.compile(r"^(?: ---> |Removing intermediate container |--> )")


@dataclass(frozen=True)
class Progress:
    """One thing that happened in a build; `str()` gives it as a plain line.

    `kind` is "step" (begun), "cached", "done", "failed", "output" (a line that a step printed) or "note". `step` counts
    from 1 (0: the builder's own work), `total` is 0 where it is not known.
    """

    kind: str
    name: str = ""
    step: int = 0
    total: int = 0
    seconds: float | None = None
    text: str = ""

    def __str__(self) -> str:
        if self.kind in ("output", "note"):
            return f"  | {self.text}" if self.kind == "output" else self.text
        place = f"step {self.step}{f' of {self.total}' if self.total else ''}: " if self.step else ""
        ending = {"cached": " (cached)", "failed": f" FAILED: {self.text}"}.get(self.kind, "")
        seconds = f" done in {self.seconds:.1f} s" if self.kind == "done" and self.seconds is not None else ""
        return f"{place}{self.name}{ending}{seconds}"


@dataclass
class Step:
    """A step of a build: its instruction or the builder's own words, what it printed, and how it ended."""

    name: str
    number: int = 0
    status: str = "running"
    error: str = ""
    output: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))


class BuildLog:
    """What a build printed so far."""

    def __init__(self, instructions: tuple[Instruction, ...] = ()) -> None:
        self.steps: dict[str, Step] = {}
        self.rest: deque[str] = deque(maxlen=KEPT_LINES)
        self._current = ""
        self._quoting = False
        self._total = sum(each.keyword in _STEPS for each in instructions)

    @property
    def failed(self) -> Step | None:
        """The step that broke the build, None if it was none of them."""
        return next((step for step in reversed(self.steps.values()) if step.status == "failed"), None)

    def end(self, exit_code: int) -> None:
        """The build has ended: the classic builder and buildah leave the step that broke as the last one begun."""
        if exit_code and self._current and self.steps[self._current].status == "running":
            self.steps[self._current].status = "failed"

    def feed(self, line: str) -> Progress | None:
        """Take one line; what it says, None if it says nothing to a person."""
        text = _COLOUR.sub("", line).rstrip()
        buildkit = _BUILDKIT.match(text)
        if buildkit:
            return self._feed_buildkit(buildkit["key"], buildkit["rest"])
        begun = _CLASSIC.match(text)
        if begun:
            return self._begin_classic(begun["number"], int(begun["total"] or 0), begun["name"], text)
        if not text or (not self._current and self._is_quoted(text)):
            return None
        self.rest.append(text)
        if not self._current:
            return Progress("note", text=text)
        if _NOISE.match(text):
            return self._noise(text)
        self.steps[self._current].output.append(text)
        return Progress("output", text=text)

    def _is_quoted(self, text: str) -> bool:
        """BuildKit says again, between two lines of dashes, what the step that broke has printed."""
        if _DASHES.match(text):
            self._quoting = not self._quoting
            return True
        return self._quoting

    def _begin_classic(self, number: str, total: int, name: str, text: str) -> Progress:
        if self._current:
            self.steps[self._current].status = "done"
        self._current = text  # the stages of buildah count anew, so the number alone is no key
        self.steps[text] = Step(name, int(number))
        self._total = total
        return Progress("step", name, int(number), total)

    def _noise(self, text: str) -> Progress | None:
        step = self.steps[self._current]
        return Progress("cached", step.name, step.number, self._total) if text.endswith("Using cache") else None

    def _feed_buildkit(self, key: str, rest: str) -> Progress | None:
        if rest.startswith("sha256:"):
            return None
        if key not in self.steps:
            return self._begin_buildkit(key, rest)
        step = self.steps[key]
        done = _DONE.match(rest)
        if done or rest == "CACHED":
            step.status = "done"
            seconds = float(done["seconds"]) if done else None
            return Progress("done" if done else "cached", step.name, step.number, self._total, seconds)
        if rest.startswith("ERROR"):
            step.status, step.error = "failed", rest.partition(": ")[2]
            return Progress("failed", step.name, step.number, self._total, text=step.error)
        timed = _TIMED.match(rest)
        if timed:
            step.output.append(timed["text"])
            return Progress("output", text=timed["text"])
        return None  # a step that is named again, and the builder's own transfers

    def _begin_buildkit(self, key: str, rest: str) -> Progress | None:
        named = _NAMED.match(rest)
        begun = sum(step.number > 0 for step in self.steps.values())
        self.steps[key] = Step(named["name"] if named else rest, begun + 1 if named else 0)
        if rest.startswith("[internal]"):
            return None
        step = self.steps[key]
        self._total = max(self._total, step.number) if self._total else 0
        return Progress("step", step.name, step.number, self._total if step.number else 0)
