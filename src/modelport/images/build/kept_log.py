"""The log of one image: every line in a file from the first on, and told to whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from modelport.images.build.log import Progress
from modelport.storage.files import storage_failures

Report = Callable[[Progress], None]
"""Sees what happens in a build: `str(progress)` is a plain line, its parts feed a bar."""


def silent(_: Progress) -> None:
    """Nobody listens."""
    return


class KeptLog:
    """Appends lines to the log in `file`, and passes them on to `report`."""

    def __init__(self, file: Path, report: Report) -> None:
        self.file = file
        self.report = report
        with storage_failures(file):
            file.touch(mode=0o600)

    def __call__(self, line: str) -> None:
        """Note a line (or several) and pass it on."""
        with storage_failures(self.file), self.file.open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
        self.report(Progress("note", text=line))


def text_of(file: Path, offset_bytes: int = 0) -> bytes:
    """The log from a place in it on; empty where there is none yet."""
    try:
        with file.open("rb") as stream:
            stream.seek(offset_bytes)
            return stream.read()
    except FileNotFoundError:
        return b""


def lines_of(file: Path, has_ended: Callable[[], bool], wait: Callable[[], object]) -> Iterator[str]:
    """The lines of a log until the build has ended, each as soon as it is whole; `wait` is called in between."""
    offset, rest = 0, b""
    while True:
        ended = has_ended()  # asked first: what comes until then is in the file when it is read
        read = text_of(file, offset)
        offset += len(read)
        *whole, rest = (rest + read).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
        if ended:
            if rest:
                yield rest.decode(errors="replace")
            return
        if not read:
            wait()
