"""Results that come piece by piece (generators, async generators), and results that must be awaited first."""

import threading

from .answer import Answer, StreamFailed
from .traces import log, user_traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_loops = threading.local()


def wait_for(awaitable: "Any") -> "Any":
    """Run a coroutine to its end on this thread's own event loop, which stays for the next request."""
    return _loop().run_until_complete(_awaited(awaitable))


async def _awaited(awaitable: "Any") -> "Any":
    return await awaitable


def _loop() -> "Any":
    loop = getattr(_loops, "loop", None)
    if loop is None or loop.is_closed():
        import asyncio

        loop = _loops.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    return loop


def stream_answer(items: "Any", encode: "Callable[[Any], bytes]") -> Answer:
    """The answer that streams `items`; its first item is computed here, so that an early failure is an ordinary one.

    The content type follows from the first item: text/event-stream for text that begins as events do, else text/plain
    for text, application/octet-stream for bytes, and application/x-ndjson (one JSON value a line) for anything else.
    """
    chunks = ChunkStream(items, encode)
    content_type = chunks.start()
    return Answer(b"", 200, content_type, (), chunks)


class ChunkStream(object):
    """The chunks of a streamed answer as bytes, never empty ones; `close()` closes the user's generator.

    A failure of the user's code is logged with its traceback and raised as `StreamFailed`.
    """

    def __init__(self, items: "Any", encode: "Callable[[Any], bytes]") -> None:
        self._items = _AsyncItems(items) if hasattr(items, "__anext__") else items
        self._encode = encode
        self._waiting = []  # type: list[bytes]
        self._ended = False

    def start(self) -> str:
        """Compute the first chunk and say the content type that it asks for; raises what the user's code raises."""
        try:
            first = next(self._items)
        except StopIteration:
            self._ended = True
            return "text/plain; charset=utf-8"
        chunk = self._bytes_of(first)
        if chunk:
            self._waiting.append(chunk)
        if isinstance(first, str):
            events = first.startswith(("data:", "event:", "id:", "retry:", ":"))
            return "text/event-stream; charset=utf-8" if events else "text/plain; charset=utf-8"
        return "application/octet-stream" if _is_bytes(first) else "application/x-ndjson"

    def __iter__(self) -> "ChunkStream":
        return self

    def __next__(self) -> bytes:
        if self._waiting:
            return self._waiting.pop()
        while not self._ended:
            try:
                chunk = self._bytes_of(next(self._items))
            except StopIteration:
                self._ended = True
            except BaseException as error:
                self._ended = True
                log(user_traceback(error))
                raise StreamFailed("the generator that run() returned raised %s" % type(error).__name__) from None
            else:
                if chunk:
                    return chunk
        raise StopIteration

    def close(self) -> None:
        """Close the user's generator: its `finally` blocks run now; what they raise is logged."""
        self._ended = True
        del self._waiting[:]
        close = getattr(self._items, "close", None)
        if close is None:
            return
        try:
            close()
        except BaseException as error:
            log(user_traceback(error))

    def _bytes_of(self, item: "Any") -> bytes:
        if isinstance(item, str):
            return item.encode("utf-8", "surrogatepass")
        if _is_bytes(item):
            return bytes(item)
        return self._encode(item) + b"\n"


def _is_bytes(item: object) -> bool:
    return isinstance(item, (bytes, bytearray, memoryview))


class _AsyncItems(object):
    """An async generator seen as an ordinary one, driven by this thread's event loop."""

    def __init__(self, items: "Any") -> None:
        self._items = items

    def __next__(self) -> "Any":
        try:
            return wait_for(self._items.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Close the async generator."""
        if hasattr(self._items, "aclose"):
            wait_for(self._items.aclose())
