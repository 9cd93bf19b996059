"""The server's end of one worker's socket: frames out in as few system calls as possible, frames in as they come."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable

from modelport.worker import wire

_READ_BYTES = 256 * 1024  # into one buffer: a fresh one of this size for each read costs a microsecond
_NO_DESCRIPTOR = -1


class _Shared(threading.local):
    """The buffer of all links of a thread: what comes is copied out of it before anybody hears of it. With one each,
    the server's memory went up and down by the buffers of its workers from one rollout to the next."""

    buffer: bytearray | None = None


_shared = _Shared()


def _buffer() -> bytearray:
    if _shared.buffer is None:
        _shared.buffer = bytearray(_READ_BYTES)
    return _shared.buffer


class Link:
    """Sends and receives frames. `on_frame` sees each frame; `on_closed` is told once that nothing more will come;
    `on_rubbish` is told what the peer sent that is not of the wire; `expects` says whose answers may be large."""

    def __init__(
        self,
        connection: socket.socket,
        on_frame: Callable[[int, int, int, bytes], None],
        on_closed: Callable[[], None],
        on_rubbish: Callable[[str], None],
        expects: Callable[[int], bool],
    ) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._on_frame = on_frame
        self._on_closed = on_closed
        self._on_rubbish = on_rubbish
        self._reader = wire.FrameReader(wire.WORKER_KINDS, expects=expects)
        self._outbox: list[bytes] = []
        self._unsent: deque[tuple[bytes, int]] = deque()  # a frame, and the file that goes with it
        self._writing = False
        self._open = True
        self._view = memoryview(_buffer())
        connection.setblocking(False)
        self._loop.add_reader(connection.fileno(), self._readable)

    def send(self, frame: bytes) -> None:
        """Queue a frame; all frames queued in one turn of the loop leave in one system call."""
        if not self._outbox:
            self._loop.call_soon(self._flush)
        self._outbox.append(frame)

    def send_with_descriptor(self, frame: bytes, descriptor: int) -> None:
        """Send a frame together with an open file, behind everything queued so far; the caller may close the file."""
        self._flush()
        if self._open:
            self._unsent.append((frame, os.dup(descriptor)))
            self._write_unsent()

    def _flush(self) -> None:
        if not self._outbox or not self._open:
            return
        data = self._outbox[0] if len(self._outbox) == 1 else b"".join(self._outbox)
        self._outbox.clear()
        self._unsent.append((data, _NO_DESCRIPTOR))
        if len(self._unsent) == 1:
            self._write_unsent()

    def _write_unsent(self) -> None:
        """Write what the socket takes, and come back for the rest when it takes more."""
        unsent = self._unsent
        while unsent:
            data, descriptor = unsent[0]
            try:
                sent = self._write(data, descriptor)
            except BlockingIOError:
                sent = 0
            except OSError:
                return  # the worker has died; the end of its socket tells the rest
            if sent == len(data):
                unsent.popleft()
                continue
            unsent[0] = (data[sent:], _NO_DESCRIPTOR if sent else descriptor)
            if not self._writing:
                self._writing = True
                self._loop.add_writer(self._connection.fileno(), self._write_unsent)
            return
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._connection.fileno())

    def _write(self, data: bytes, descriptor: int) -> int:
        if descriptor == _NO_DESCRIPTOR:
            return self._connection.send(data)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor.to_bytes(4, sys.byteorder))]
        sent = self._connection.sendmsg([data], rights)
        os.close(descriptor)
        return sent

    def _readable(self) -> None:
        try:
            size = self._connection.recv_into(self._view)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self.stop()
            self._on_closed()
            return
        try:
            for kind, flags, request, payload in self._reader.feed(bytes(self._view[:size])):
                self._on_frame(kind, flags, request, payload)
        except wire.WireError as error:
            self.stop()
            self._on_rubbish(str(error))

    def finish(self) -> None:
        """Take in what has come and report the end: the worker is gone, though a child of it may hold its socket."""
        while self._open:
            try:
                self._connection.recv(1, socket.MSG_PEEK)
            except OSError:  # nothing more is there
                self.stop()
                self._on_closed()
                return
            self._readable()

    def stop(self) -> None:
        """Read and write nothing more; what was not sent is dropped. May be called twice."""
        if self._open:
            self._open = False
            self._reader = wire.FrameReader(wire.WORKER_KINDS)  # lets go of a frame that was not complete
            self._loop.remove_reader(self._connection.fileno())
            self._loop.remove_writer(self._connection.fileno())
            for _, descriptor in self._unsent:
                if descriptor != _NO_DESCRIPTOR:
                    os.close(descriptor)
            self._unsent.clear()
            self._outbox.clear()

    def close(self) -> None:
        """Stop, close the socket, and let go of the listeners, which know this link: nothing waits for a collector of
        circles, which in a server at rest comes late."""
        self.stop()
        self._connection.close()
        self._on_frame = self._on_closed = self._on_rubbish = _ignore


def _ignore(*_: object) -> None:
    """Nobody listens any more."""
