"""The worker's end of the socket: frames in, with the descriptors that came along; frames out, one thread at a time."""

import collections
import mmap
import os
import socket
import sys
import threading

from . import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_READ_BYTES = 256 * 1024
_ANCILLARY_BYTES = socket.CMSG_SPACE(16 * 4)  # up to 16 descriptors in one read
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class ServerGone(Exception):
    """The server has closed the socket: there is nobody left to answer."""


class Channel(object):
    """Reads frames from and writes frames to the server; writing is safe from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray(_READ_BYTES)
        self._view = memoryview(self._buffer)
        self._reader = wire.FrameReader(wire.SERVER_KINDS)
        self._descriptors = collections.deque()  # type: collections.deque[int]
        self._send_lock = threading.Lock()

    def receive(self, wait: bool) -> "Sequence[wire.Frame]":
        """The frames that have come: waits for at least one byte if `wait`, else returns at once, maybe with none.

        Raises `ServerGone` and `WireError`.
        """
        flags = _CLOSE_ON_EXEC if wait else _CLOSE_ON_EXEC | socket.MSG_DONTWAIT
        try:
            size, ancillary, _, _ = self._connection.recvmsg_into([self._buffer], _ANCILLARY_BYTES, flags)
        except BlockingIOError:
            return ()
        except ConnectionError:
            raise ServerGone() from None
        if not size:
            raise ServerGone()
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                for at in range(0, len(content) - len(content) % 4, 4):
                    self._descriptors.append(int.from_bytes(content[at : at + 4], sys.byteorder))
        return self._reader.feed(bytes(self._view[:size]))

    def take_body(self) -> "wire.Memory":
        """The body whose descriptor came first and was not taken yet, as a read-only map. Raises `WireError`."""
        if not self._descriptors:
            raise wire.WireError("a body was announced by descriptor, and none came")
        descriptor = self._descriptors.popleft()
        try:
            if os.fstat(descriptor).st_size == 0:
                return b""
            return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise wire.WireError("a body came in a file that cannot be read: %s" % error) from error
        finally:
            os.close(descriptor)

    def send(self, frame: bytes) -> None:
        """Write one frame whole. Raises `ServerGone`."""
        with self._send_lock:
            try:
                self._connection.sendall(frame)
            except OSError:
                raise ServerGone() from None
