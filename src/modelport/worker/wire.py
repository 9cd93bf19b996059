"""The wire between server and worker: framed messages over a Unix stream socket, shared by both sides.

A frame is a head of 16 bytes and a payload. The head, in network order: payload length (4 bytes), kind (1), flags
(1), magic 0x4D50 (2), request id (8). The magic makes a peer that has lost its place fail at once instead of reading
rubbish; the version is agreed in the first frame of each side.

Which request a worker has begun, and when, is told without a frame, in a page of memory that both sides map: one slot
of 16 bytes per thread, request id (8 bytes, 0 = none) and start time (8 bytes, CLOCK_MONOTONIC seconds as a double,
0 = its clock stands still). A word costs 0.3 microseconds where a frame would cost a system call and a wake-up.
Behind the slots the page has one word more: what the worker knows of a debugger. That one cannot be a frame, because
a script that stands at a breakpoint may hold whatever a frame would need.

This file runs on Python 3.6 and imports the standard library only.
"""

import json
import signal
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any, Union

    Frame = tuple[int, int, int, Any]
    Memory = Any  # a writable buffer: mmap or bytearray
    Bytes = Union[bytes, bytearray, memoryview]

VERSION = 2
# At this signal a worker prints where each of its threads stands; it is none that scripts use.
STACK_SIGNAL = int(getattr(signal, "SIGRTMAX", signal.SIGABRT))
MAGIC = 0x4D50
HEAD = struct.Struct("!IBBHQ")
HEAD_BYTES = HEAD.size
# No peer can make the other one keep more than this of a frame that is not complete.
PAYLOAD_BYTES_MAX = 16 * 1024 * 1024
# Of an ANSWER, which carries a whole body, to a request that the worker holds; what is larger has to be streamed.
ANSWER_BYTES_MAX = 128 * 1024 * 1024

# Server to worker.
HELLO = 1  # JSON: version, script, threads, ... ; the first frame
REQUEST = 2  # see pack_request
CANCEL = 3  # the client of this request has left, or its wait limit has passed
CREDIT = 4  # 8 bytes: how many more bytes of this stream the worker may send
QUIT = 5  # finish what has begun, then end

# Worker to server.
READY = 16  # JSON: init() is done; what the script needs and offers
FAILED = 17  # JSON: the script cannot be used; the user's traceback
ANSWER = 18  # see pack_answer: a whole answer
STREAM = 19  # see pack_answer: the head of a streamed answer, with its first chunk
CHUNK = 20  # one more chunk of it
END = 21  # the stream is complete
ABORT = 22  # the stream broke off: JSON with a reason
SKIPPED = 23  # the request was too old or cancelled: it was not begun, or its stream was given up

SERVER_KINDS = frozenset((HELLO, REQUEST, CANCEL, CREDIT, QUIT))
WORKER_KINDS = frozenset((READY, FAILED, ANSWER, STREAM, CHUNK, END, ABORT, SKIPPED))

FLAG_DESCRIPTOR = 1  # REQUEST: the body lies in a file whose descriptor came with the frame; the payload has no body
FLAG_RUN_FAILED = 2  # ANSWER, STREAM: x-ms-run-function-failed
FLAG_PROBLEM = 4  # ANSWER: the head is a problem {"code", "detail"}; the server renders it

COPIED_BYTES_MAX = 256 * 1024  # a larger ANSWER is handed on as it came
STREAM_WINDOW_BYTES = 1024 * 1024  # what a worker may send of one stream before the reader took any of it

_REQUEST = struct.Struct("!dHI")  # begin before (monotonic seconds, 0 = no limit), id length, head length
_ANSWER = struct.Struct("!HdI")  # status, seconds that run() took, head length
_HEAD_END = struct.Struct("!BBHQ")
_SLOT = struct.Struct("=Qd")
SLOT_BYTES = _SLOT.size
_WORD = struct.Struct("=Q")
NO_DEBUGGER, DEBUGGER_AWAITED, DEBUGGER_ATTACHED = 0, 1, 2
CREDIT_BYTES = struct.Struct("!Q")


def page_bytes(threads: int) -> int:
    """The size of the shared page of a worker with so many threads."""
    return threads * SLOT_BYTES + _WORD.size


class WireError(Exception):
    """The peer sent something that is not of this wire; the only cure is to drop it."""


def pack(kind: int, request: int, payload: "Bytes" = b"", flags: int = 0) -> bytes:
    """One frame as bytes."""
    return HEAD.pack(len(payload), kind, flags, MAGIC, request) + payload


def pack_json(kind: int, request: int, value: "Any") -> bytes:
    """One frame whose payload is JSON."""
    return pack(kind, request, json.dumps(value).encode("utf-8"))


def unpack_json(payload: "Bytes") -> "Any":
    """The JSON value of a payload. Raises `WireError`."""
    try:
        return json.loads(bytes(payload).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise WireError("a payload is not JSON: %s" % error) from error


def unpack_object(payload: "Bytes") -> "dict[str, Any]":
    """The JSON object of a payload. Raises `WireError`."""
    words = unpack_json(payload)
    if not isinstance(words, dict):
        raise WireError("a payload is not a JSON object but %s" % type(words).__name__)
    return words


def pack_request(
    request: int,
    body: "Bytes",
    request_id: bytes,
    begin_before: float = 0.0,
    head: bytes = b"",
    descriptor: bool = False,
) -> bytes:
    """A REQUEST frame. `body` is empty when it comes by descriptor; `head` is JSON or empty; `request_id` is bytes."""
    fixed = _REQUEST.pack(begin_before, len(request_id), len(head))
    length = len(fixed) + len(request_id) + len(head) + len(body)
    flags = FLAG_DESCRIPTOR if descriptor else 0
    return b"".join((HEAD.pack(length, REQUEST, flags, MAGIC, request), fixed, request_id, head, body))


def unpack_request(payload: bytes) -> "tuple[float, bytes, bytes, bytes]":
    """(begin_before, request_id bytes, head bytes, body bytes) of a REQUEST payload. Raises `WireError`."""
    try:
        begin_before, id_length, head_length = _REQUEST.unpack_from(payload)
    except struct.error as error:
        raise WireError("a request is too short: %s" % error) from error
    head_at = _REQUEST.size + id_length
    body_at = head_at + head_length
    if body_at > len(payload):
        raise WireError("a request is shorter than its parts")
    return begin_before, payload[_REQUEST.size : head_at], payload[head_at:body_at], payload[body_at:]


def pack_answer(
    kind: int, request: int, status: int, seconds: float, head: bytes, body: "Bytes", flags: int = 0
) -> bytes:
    """An ANSWER or STREAM frame. `head` is JSON (content type and headers, or a problem) or empty for plain JSON."""
    length = _ANSWER.size + len(head) + len(body)
    fixed = _ANSWER.pack(status, seconds, len(head))
    return b"".join((HEAD.pack(length, kind, flags, MAGIC, request), fixed, head, body))


def unpack_answer(payload: "Bytes") -> "tuple[int, float, Bytes, Bytes]":
    """(status, seconds, head bytes, body bytes) of an ANSWER or STREAM payload. Raises `WireError`."""
    try:
        status, seconds, head_length = _ANSWER.unpack_from(payload)
    except struct.error as error:
        raise WireError("an answer is too short: %s" % error) from error
    body_at = _ANSWER.size + head_length
    if body_at > len(payload):
        raise WireError("an answer is shorter than its head")
    if not 200 <= status <= 599:
        raise WireError("an answer has the status %d" % status)
    if not 0.0 <= seconds < 1e9:  # a NaN fits nowhere either, and would spoil every mean it gets into
        raise WireError("an answer took %r seconds" % seconds)
    return status, seconds, payload[_ANSWER.size : body_at], payload[body_at:]


class FrameReader(object):
    """Cuts a byte stream into frames: feed it what came, and iterate over what is complete.

    `kinds` are the frame kinds that this side may receive; `expects` tells whether a request is one whose answer may
    come: no ANSWER of more than `payload_bytes_max` is kept for another. A frame is (kind, flags, request, payload);
    the payload is bytes, or a view of the buffer it came in for a large ANSWER, which is not copied.
    """

    def __init__(
        self,
        kinds: "Collection[int]",
        payload_bytes_max: int = PAYLOAD_BYTES_MAX,
        expects: "Callable[[int], bool]" = lambda _: False,
    ) -> None:
        self._kinds = kinds
        self._payload_bytes_max = payload_bytes_max
        self._expects = expects
        self._buffer = bytearray()

    def feed(self, data: bytes) -> "list[Frame]":
        """Take in bytes and return the list of frames that they complete. Raises `WireError`."""
        buffer = self._buffer
        if buffer:
            buffer += data
            length = self._length(buffer)
            if length > len(buffer):
                return []
            if length == len(buffer) > COPIED_BYTES_MAX and buffer[4] == ANSWER:
                self._buffer = bytearray()
                kind, flags, _, request = _HEAD_END.unpack_from(buffer, 4)
                return [(kind, flags, request, memoryview(buffer)[HEAD_BYTES:])]
            data = bytes(buffer)
            del buffer[:]
        frames = []  # type: list[Frame]
        at = 0
        end = len(data)
        while end - at >= HEAD_BYTES:
            length, kind, flags, magic, request = HEAD.unpack_from(data, at)
            if magic != MAGIC or kind not in self._kinds or length > self._payload_bytes_max:
                self._check(kind, magic, length, request)
            payload_at = at + HEAD_BYTES
            if payload_at + length > end:
                break
            frames.append((kind, flags, request, data[payload_at : payload_at + length]))
            at = payload_at + length
        if at < end:
            buffer += data[at:]
        return frames

    def _length(self, buffer: bytearray) -> int:
        """How long the first frame in the buffer will be: until it is whole the buffer only grows."""
        if len(buffer) < HEAD_BYTES:
            return HEAD_BYTES
        length, kind, _, magic, request = HEAD.unpack_from(buffer)
        self._check(kind, magic, length, request)
        return HEAD_BYTES + int(length)

    def _check(self, kind: int, magic: int, length: int, request: int) -> None:
        """Raise `WireError` for a head that no peer of this wire sends."""
        longest = self._payload_bytes_max
        if kind == ANSWER and length > longest and self._expects(request):
            longest = ANSWER_BYTES_MAX
        if magic != MAGIC or kind not in self._kinds or length > longest:
            raise WireError("not a frame: kind %d, magic %#x, length %d" % (kind, magic, length))


class Slots(object):
    """The shared page: which request each thread of a worker has begun, and when; and whether a debugger is attached.

    `memory` is a writable buffer of `page_bytes(threads)` bytes that both processes map. Id and time are two words: a
    reader may see the new id with the old time, and has to look twice before it acts on it.
    """

    def __init__(self, memory: "Memory", threads: int) -> None:
        self._memory = memory
        self._threads = threads

    def begin(self, thread: int, request: int, now: float) -> None:
        """Write that `thread` has begun `request` at `now` (monotonic seconds).

        Written again it starts the clock anew (a chunk was sent), or stops it (`now` 0: waiting for the reader).
        """
        _SLOT.pack_into(self._memory, thread * SLOT_BYTES, request, now)

    def clear(self, thread: int) -> None:
        """Write that `thread` runs nothing."""
        _SLOT.pack_into(self._memory, thread * SLOT_BYTES, 0, 0.0)

    def begun(self) -> "dict[int, float]":
        """{request: start time} of what runs now."""
        found = {}
        for thread in range(self._threads):
            request, since = _SLOT.unpack_from(self._memory, thread * SLOT_BYTES)
            if request:
                found[request] = since
        return found

    def tell_debugger(self, state: int) -> None:
        """Write NO_DEBUGGER, DEBUGGER_AWAITED (one can attach) or DEBUGGER_ATTACHED."""
        _WORD.pack_into(self._memory, self._threads * SLOT_BYTES, state)

    def debugger(self) -> int:
        """What the worker wrote last."""
        return int(_WORD.unpack_from(self._memory, self._threads * SLOT_BYTES)[0])

    def close(self) -> None:
        """Let go of the page and of its descriptor."""
        self._memory.close()
