"""The log of a service in containers: what they wrote, also those that are gone, with the steps of their servers."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from modelport.events import LINE_MARK, event_of_line
from modelport.services.logs import line_of
from modelport.targets.container_engine import Engine

Line = tuple[str, str]
"""The moment at which the engine took a line, and the line."""

_FILE = "containers.log"
_KEPT_BYTES_MAX = 16 * 1024 * 1024
_POLL_SECONDS = 0.5


def keep(engine: Engine, directory: Path, container: str) -> None:
    """Append what a container wrote to the file of the service, before it is removed."""
    path = directory / _FILE
    text = "".join(f"{moment} {line}\n" for moment, line in engine.lines(container))
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
    if path.stat().st_size > _KEPT_BYTES_MAX:
        data = path.read_bytes()[-_KEPT_BYTES_MAX // 2 :]
        path.write_bytes(data[data.find(b"\n") + 1 :])


def kept(directory: Path, since: str = "") -> list[Line]:
    """What containers that are gone had written."""
    path = directory / _FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        pairs = (line.rstrip("\n").partition(" ")[::2] for line in file)
        return [pair for pair in pairs if pair[0] > since]


def merged(parts: Iterable[list[Line]]) -> list[Line]:
    """The lines of several containers in the order in which they were written."""
    return list(heapq.merge(*parts, key=lambda pair: pair[0]))


def shown(lines: Iterable[Line]) -> Iterator[str]:
    """Lines as people read them: steps of the server in the words of the log; failed requests are told elsewhere."""
    for _, line in lines:
        if not line.startswith(LINE_MARK):
            yield line
            continue
        event = event_of_line(line)
        if event is not None and event.kind != "request-failure":
            yield line_of(event)


def follow(read: Callable[[str], list[Line] | None], since: str) -> Iterator[str]:
    """What is written after `since`, until `read` answers None: there is nothing any more that could write."""
    while True:
        lines = read(since)
        if lines is None:
            return
        if lines:
            since = lines[-1][0]
            yield from shown(lines)
        else:
            time.sleep(_POLL_SECONDS)
