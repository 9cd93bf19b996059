"""What is known of a failed build when its cause is looked for (pure): the step that broke, its place, its output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from modelport.images.build.dockerfile_steps import Instruction, locate
from modelport.images.build.log import BuildLog, Step
from modelport.images.engine import Engine

PROOF_LINES: Final = 5
_LAST_LINES = 15
_NAME_CHARACTERS = 100
_LINE_CHARACTERS = 300
_BASE = re.compile(r"^(?:\[internal\] load metadata for|FROM(?: --\S+)*) (?P<image>[^\s@]+(?:@\S+)?)", re.I)


@dataclass(frozen=True)
class BuildFacts:
    """What is known of a build besides its log."""

    engine: Engine
    dockerfile: str
    platform: str
    exit_code: int
    log_file: Path


@dataclass(frozen=True)
class Evidence:
    """A failed build: its log and its facts, and the questions that every rule asks of them."""

    log: BuildLog
    facts: BuildFacts

    @cached_property
    def step(self) -> Step:
        """The step that broke; an empty one where the builder itself broke."""
        return self.log.failed or Step("")

    @cached_property
    def output(self) -> tuple[str, ...]:
        """What the step printed, its error, and what the builder said at the end."""
        error = self.step.error
        said_again = [line for line in self.ending if error and line.endswith(error)]
        words = [*self.step.output, *([error] if error else [])]
        return tuple(dict.fromkeys([*words, *(line for line in self.ending if line not in said_again)]))

    @cached_property
    def ending(self) -> tuple[str, ...]:
        """The builder's own last words."""
        return tuple(self.log.rest)[-_LAST_LINES:]

    @cached_property
    def base(self) -> str:
        """The base image that could not be had, empty if the build broke elsewhere."""
        match = _BASE.match(self.step.name)
        return match["image"].removeprefix("docker.io/library/").removeprefix("docker.io/") if match else ""

    @cached_property
    def instruction(self) -> Instruction | None:
        """The instruction of the Dockerfile that broke."""
        if self.base:
            lines = self.facts.dockerfile.splitlines()
            wanted = (number for number, line in enumerate(lines, 1) if _names_base(line, self.base))
            number = next(wanted, 0)
            return Instruction(number, lines[number - 1].strip()) if number else None
        return locate(self.facts.dockerfile, self.step.name) if self.step.name else None

    @property
    def place(self) -> str:
        """Where it broke: "Dockerfile line 7 (RUN pip install …)"."""
        if self.instruction is None:
            return f"The step '{_short(self.step.name)}'" if self.step.name else "The build"
        return f"Dockerfile line {self.instruction.line} ({_short(self.instruction.text)})"

    def find(self, pattern: str, lines: Sequence[str] | None = None) -> re.Match[str] | None:
        """The first match of a pattern in a line of the output."""
        compiled = re.compile(pattern, re.IGNORECASE)
        found = (compiled.search(line) for line in (self.output if lines is None else lines))
        return next((match for match in found if match), None)

    def proof(self, *patterns: str, also: int = 0) -> str:
        """The lines that prove it, each behind a bar: those that match, with `also` lines after each."""
        compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
        hits = [number for number, line in enumerate(self.output) if any(each.search(line) for each in compiled)]
        numbers = sorted({near for hit in hits for near in range(hit, hit + 1 + also) if near < len(self.output)})
        return bars([self.output[number] for number in numbers[: PROOF_LINES + also]])

    def last_lines(self, count: int = _LAST_LINES) -> str:
        """The end of what the step printed."""
        return bars(list(self.step.output or self.output)[-count:])


def bars(lines: Sequence[str]) -> str:
    """Lines of a log as they are shown in a message."""
    return "".join(f"\n  | {line.strip()[:_LINE_CHARACTERS]}" for line in lines if line.strip())


def _names_base(line: str, base: str) -> bool:
    words = line.split()
    return bool(words) and words[0].upper() == "FROM" and any(_same_image(word, base) for word in words[1:])


def _same_image(word: str, base: str) -> bool:
    word = word.removeprefix("docker.io/library/").removeprefix("docker.io/")
    return word == base or f"{word}:latest" == base


def _short(text: str) -> str:
    return text if len(text) <= _NAME_CHARACTERS else f"{text[:_NAME_CHARACTERS]}…"
