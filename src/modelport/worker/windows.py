"""How far a streamed answer may run ahead of its reader: the server lends a window and gives credit as it is taken."""

import threading

from . import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .inbox import Inbox


class OneThreadStreams(object):
    """The window of a stream where the thread that runs the script also reads the socket."""

    def __init__(self, inbox: "Inbox") -> None:
        self._inbox = inbox

    def open(self, request: int) -> None:
        self._inbox.credit[request] = wire.STREAM_WINDOW_BYTES

    def close(self, request: int) -> None:
        self._inbox.credit.pop(request, None)
        self._inbox.cancelled.discard(request)

    def is_cancelled(self, request: int) -> bool:
        self._inbox.jobs.extend(self._inbox.fill(wait=False))
        return request in self._inbox.cancelled

    def wait_for_room(self, request: int, size: int) -> bool:
        """Wait until `size` bytes may be sent; False if the client has left."""
        while not self.is_cancelled(request):
            if self._inbox.credit[request] >= size:
                self._inbox.credit[request] -= size
                return True
            self._inbox.jobs.extend(self._inbox.fill(wait=True))
        return False


class ManyThreadStreams(object):
    """The window of a stream where the main thread reads and another runs the script."""

    def __init__(self, inbox: "Inbox") -> None:
        self._inbox = inbox
        self.changed = threading.Condition()

    def open(self, request: int) -> None:
        with self.changed:
            self._inbox.credit[request] = wire.STREAM_WINDOW_BYTES

    def close(self, request: int) -> None:
        with self.changed:
            self._inbox.credit.pop(request, None)
            self._inbox.cancelled.discard(request)

    def is_cancelled(self, request: int) -> bool:
        return request in self._inbox.cancelled

    def wait_for_room(self, request: int, size: int) -> bool:
        """Wait until `size` bytes may be sent; False if the client has left."""
        with self.changed:
            self.changed.wait_for(
                lambda: self._inbox.credit[request] >= size or request in self._inbox.cancelled
            )
            if request in self._inbox.cancelled:
                return False
            self._inbox.credit[request] -= size
            return True
