"""Reads a Dockerfile of the user just far enough to build upon it (pure): its FROM lines and where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modelport.errors import UserError
from modelport.images.recipe.base import is_original

_FROM = re.compile(r"^(?P<head>\s*FROM\s+(?:--\S+\s+)*)(?P<image>\S+)(?P<name>\s+AS\s+(?P<alias>\S+))?\s*$", re.I)
_ARGUMENT = re.compile(r"^(?P<head>\s*ARG\s+\w+=[\"']?)(?P<image>[^\s\"']+)", re.I)
_HEREDOC = re.compile(r"<<-?\s*[\"']?(?P<end>\w+)[\"']?")


@dataclass(frozen=True)
class BaseText:
    """Dockerfile text whose last stage is the base of an image, and lines for the log."""

    text: str
    notes: tuple[str, ...] = ()


def base_from_image(image: str, steps: str, stage: str) -> BaseText:
    """The text of a base that is an image and the steps that the user adds to it.

    Raises `UserError` (`dockerfile-invalid`) if the steps begin a stage of their own.
    """
    for number, line in _instructions(steps):
        if line.lstrip().upper().startswith("FROM "):
            raise UserError(
                "dockerfile-invalid",
                f"The extra Dockerfile steps have a FROM in line {number} ('{line.strip()}'); they are added to a base "
                "that has one already.",
                "Take the line out; a base of your own is given as docker.base_image or docker.base_dockerfile.",
            )
    return BaseText(f"FROM {image} AS {stage}\n{_block(steps)}")


def base_from_dockerfile(text: str, steps: str, stage: str, stand_in: Callable[[str], tuple[str, str]]) -> BaseText:
    """The text of a base that is a Dockerfile, its last stage named `stage`, and the steps added to it.

    `stand_in` gives what takes the place of a base of the original, and a line for the log.
    Raises `UserError` (`dockerfile-invalid`).
    """
    lines = text.splitlines()
    notes: list[str] = []
    froms: list[int] = []
    for number, line in _instructions(text):
        match = _FROM.match(line)
        if match:
            froms.append(number - 1)
        match = match or (_ARGUMENT.match(line) if not froms else None)
        if match and is_original(match["image"]):
            image, note = stand_in(match["image"])
            notes.append(note)
            lines[number - 1] = line[: match.start("image")] + image + line[match.end("image") :]
    if not froms:
        raise UserError(
            "dockerfile-invalid",
            f"The Dockerfile of the environment has no FROM line that can be read ({len(lines)} lines).",
            "Begin it with the image to build upon, for example: FROM python:3.11-slim-bookworm",
        )
    last = _FROM.match(lines[froms[-1]])
    if last and last["alias"]:
        return BaseText(f"{_joined(lines)}\nFROM {last['alias']} AS {stage}\n{_block(steps)}", tuple(notes))
    lines[froms[-1]] = f"{lines[froms[-1]].rstrip()} AS {stage}"
    base_from_image("-", steps, stage)
    return BaseText(f"{_joined(lines)}{_block(steps)}", tuple(notes))


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """Number (from 1 on) and text of each line that begins an instruction: no comment, continuation or heredoc."""
    continued, end = False, ""
    for number, line in enumerate(text.splitlines(), 1):
        if end:
            end = "" if line.strip() == end else end
            continue
        if line.lstrip().startswith("#") or not line.strip():
            continue  # a comment inside a continued instruction does not end it
        if not continued:
            yield number, line
        heredoc = _HEREDOC.search(line)
        end = heredoc["end"] if heredoc else ""
        continued = line.rstrip().endswith("\\")


def _joined(lines: list[str]) -> str:
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _block(steps: str) -> str:
    return _joined(steps.splitlines()) if steps.strip() else ""
