"""What a replica writes down, lines of the log and events, leaves the event loop: one thread writes it, in order.

A disk that is busy, or a reader of our output who pauses, holds a write up for a second and more. Done by the event
loop, it would hold every request up with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter

from modelport.events import Event, EventLines, EventRecord
from modelport.server.logs import LogFile, log_line

QUEUE_BYTES_MAX = 8 * 1024 * 1024
CLOSE_SECONDS_MAX = 5.0  # whoever takes nothing for so long does not keep the server from ending
_EVENT_RESERVE_BYTES = 1024 * 1024  # events are few, and lines must not crowd them out
_ITEM_BYTES = 100  # of the queue's own, for each item
_BATCH_BYTES = 256 * 1024
# Between two writes; what comes meanwhile leaves in one: a thread that woke for each of many lines would cost more.
_GATHER_SECONDS = 0.02
_MANY = 1000  # so many pieces are written without waiting for more

Write = Callable[[list[bytes]], None]
"""Writes pieces, in order; may take its time."""


class WriterThread:
    """Writes what one other thread gives it, in order, on a thread that starts with the first piece."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Write, bytes]] = deque()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._idle = False
        self._closing = False
        self._wrote_at = 0.0
        self._put_bytes = self._written_bytes = 0  # one for each thread, so that no lock is needed for each line

    @property
    def waiting_bytes(self) -> int:
        """How much is not written yet."""
        return self._put_bytes - self._written_bytes

    def put(self, write: Write, data: bytes, *, hurry: bool = False) -> None:
        """Have `data` written; the caller looks at `waiting_bytes` first."""
        self._put_bytes += len(data) + _ITEM_BYTES
        self._waiting.append((write, data))
        if hurry:
            self._hurry.set()
        if self._idle:
            self._wake.set()
        elif self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Have everything written that was put, and end; what takes longer than `CLOSE_SECONDS_MAX` is given up."""
        self._closing = True
        self._hurry.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS_MAX)

    def _run(self) -> None:
        while batch := self._next():
            for write, group in groupby(batch, itemgetter(0)):
                write([data for _, data in group])
            self._written_bytes += sum(len(data) + _ITEM_BYTES for _, data in batch)
            self._wrote_at = time.monotonic()

    def _next(self) -> list[tuple[Write, bytes]]:
        """Wait for pieces and take some of them; none only at the end."""
        while not self._waiting and not self._closing:
            self._wake.clear()
            self._idle = True
            if not self._waiting and not self._closing:  # looked at anew: who puts looks at `_idle` afterwards
                self._wake.wait()
            self._idle = False
        rest = self._wrote_at + _GATHER_SECONDS - time.monotonic()
        if rest > 0 and len(self._waiting) < _MANY:
            self._hurry.wait(rest)
        if not self._closing:
            self._hurry.clear()
        batch, size = [], 0
        while self._waiting and size < _BATCH_BYTES:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][1])
        return batch


class Journal:
    """The log and the event record of a replica. Nothing here waits for a disk but `close`, and that not for ever.

    Lines beyond `QUEUE_BYTES_MAX` that wait to be written are lost; where they are missing, the log says how many.
    """

    def __init__(self, log: LogFile, record: EventRecord | EventLines | None) -> None:
        self._log = log
        self._record = record
        self._writer = WriterThread()
        self._lost = 0

    def write(self, source: str, stream: str, request_id: str, text: str) -> None:
        """Write one line to the log."""
        room = QUEUE_BYTES_MAX - self._writer.waiting_bytes
        if room < (QUEUE_BYTES_MAX / 2 if self._lost else 0):  # not a line here and one there: gaps are few and told
            self._lost += 1
            return
        self._tell_lost()
        self._writer.put(self._log.write, log_line(source, stream, request_id, text))

    def append(self, event: Event) -> None:
        """Append one event to the record, if there is one, stamped with the present time."""
        if self._record is None:
            return
        if self._writer.waiting_bytes > QUEUE_BYTES_MAX + _EVENT_RESERVE_BYTES:
            self._lost += 1
            return
        stamped = self._record.stamp(event)
        self._writer.put(self._write_events, stamped.to_line())

    async def written(self, patience_seconds: float) -> bool:
        """Wait until everything is written that was put before; False where that takes longer."""
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def tell(_: list[bytes]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

        self._writer.put(tell, b"", hurry=True)
        try:
            await asyncio.wait_for(done.wait(), patience_seconds)
        except asyncio.TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Write what waits and end; what a disk does not take within `CLOSE_SECONDS_MAX` is lost."""
        self._tell_lost()
        self._writer.close()

    def _tell_lost(self) -> None:
        if self._lost:
            text = f"{self._lost} lines were lost here: the disk, or whoever reads this, took them too slowly"
            self._writer.put(self._log.write, log_line("server", "stderr", "", text))
            self._lost = 0

    def _write_events(self, lines: list[bytes]) -> None:
        if self._record is None:
            return
        for line in lines:
            try:
                self._record.write_line(line)
            except OSError as error:  # a full disk: serving goes on, and the log tells of it if it can
                text = f"an event ({Event.from_line(line).kind}) could not be kept: {error}"
                self._log.write([log_line("server", "stderr", "", text)])
