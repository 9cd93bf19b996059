"""What has come from the server and was not dealt with yet."""

from . import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .channel import Channel


class Job(object):
    """One request that has been received and not begun."""

    __slots__ = ("body", "begin_before", "head", "request", "request_id")

    def __init__(self, request: int, begin_before: float, request_id: str, head: bytes, body: "Any") -> None:
        self.request = request
        self.begin_before = begin_before
        self.request_id = request_id
        self.head = head
        self.body = body


class Inbox(object):
    """Sorts what comes: jobs in order of arrival, cancellations, credit for streams, the wish to end."""

    def __init__(self, channel: "Channel") -> None:
        self.channel = channel
        self.jobs = []  # type: list[Job]
        self.cancelled = set()  # type: set[int]
        self.credit = {}  # type: dict[int, int]
        self.quitting = False

    def fill(self, wait: bool) -> "list[Job]":
        """Take in what has come, waiting for something if `wait`. Returns the new jobs. Raises `WireError`."""
        return self.sort(self.channel.receive(wait))

    def sort(self, frames: "Sequence[wire.Frame]") -> "list[Job]":
        """Take in frames. Returns the new jobs. Raises `WireError`."""
        fresh = []  # type: list[Job]
        for kind, flags, request, payload in frames:
            if kind == wire.REQUEST:
                begin_before, request_id, head, body = wire.unpack_request(payload)
                if flags & wire.FLAG_DESCRIPTOR:
                    body = self.channel.take_body()
                fresh.append(Job(request, begin_before, request_id.decode("utf-8", "replace"), head, body))
            elif kind == wire.CANCEL:
                self._cancel(request, fresh)
            elif kind == wire.CREDIT:
                if len(payload) != wire.CREDIT_BYTES.size:
                    raise wire.WireError("a credit has %d bytes" % len(payload))
                if request in self.credit:
                    self.credit[request] += wire.CREDIT_BYTES.unpack(payload)[0]
            elif kind == wire.QUIT:
                self.quitting = True
            else:
                raise wire.WireError("a second hello came")
        return fresh

    def _cancel(self, request: int, fresh: "list[Job]") -> None:
        """Remember the cancellation of what has not begun or is being streamed; for all else it came too late."""
        waiting = [job.request for job in list(self.jobs) + fresh]
        if request in waiting or request in self.credit:
            self.cancelled.add(request)

    def is_stale(self, job: Job, now: float) -> bool:
        """Whether nobody waits for this job any more."""
        if job.request in self.cancelled:
            self.cancelled.discard(job.request)
            return True
        return bool(job.begin_before) and now > job.begin_before
