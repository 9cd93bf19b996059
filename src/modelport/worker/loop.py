"""The worker's loop: takes requests off the socket, runs the script, sends the answers.

With one thread the main thread does everything, because a hop between threads costs more than most models. With
several, the main thread reads and the others run. Either way a request that was cancelled, or whose time to begin has
passed, is skipped, not computed.
"""

import json
import threading
import time

from . import wire
from .channel import ServerGone
from .request import Request

_monotonic = time.monotonic


class Job(object):
    """One request that has been received and not begun."""

    __slots__ = ("body", "begin_before", "head", "request", "request_id")

    def __init__(self, request, begin_before, request_id, head, body):
        self.request = request
        self.begin_before = begin_before
        self.request_id = request_id
        self.head = head
        self.body = body


class Inbox(object):
    """Sorts what comes from the server: jobs in order of arrival, cancellations, credit for streams, the wish to end."""

    def __init__(self, channel):
        self.channel = channel
        self.jobs = []  # a list used from both ends would be a deque; it holds a handful
        self.cancelled = set()
        self.credit = {}
        self.quitting = False

    def fill(self, wait):
        """Take in what has come, waiting for something if `wait`. Returns the new jobs."""
        fresh = []
        for kind, flags, request, payload in self.channel.receive(wait):
            if kind == wire.REQUEST:
                begin_before, request_id, head, body = wire.unpack_request(payload)
                if flags & wire.FLAG_DESCRIPTOR:
                    body = self.channel.take_body()
                fresh.append(Job(request, begin_before, request_id.decode("utf-8", "replace"), head, body))
            elif kind == wire.CANCEL:
                self._cancel(request, fresh)
            elif kind == wire.CREDIT:
                if request in self.credit:
                    self.credit[request] += wire.CREDIT_BYTES.unpack(payload)[0]
            elif kind == wire.QUIT:
                self.quitting = True
        return fresh

    def _cancel(self, request, fresh):
        """Remember the cancellation of what has not begun or is being streamed; for all else it came too late."""
        waiting = [job.request for job in list(self.jobs) + fresh]
        if request in waiting or request in self.credit:
            self.cancelled.add(request)

    def is_stale(self, job, now):
        """Whether nobody waits for this job any more."""
        if job.request in self.cancelled:
            self.cancelled.discard(job.request)
            return True
        return job.begin_before and now > job.begin_before


class Runner(object):
    """Runs jobs on one thread: marks the slot, calls the script, sends the answer or the stream."""

    def __init__(self, script, channel, slots, set_request_id):
        self._script = script
        self._channel = channel
        self._slots = slots
        self._set_request_id = set_request_id

    def run(self, job, thread, streams):
        """Run one job to its end and send what it answers; `streams` lends the window of a streamed answer."""
        request = job.request
        started = _monotonic()
        self._slots.begin(thread, request, started)
        self._set_request_id(job.request_id)
        try:
            answer = self._script.handle(_request_of(job))
            if answer.chunks is None:
                self._send_whole(request, answer, _monotonic() - started)
            else:
                self._send_stream(request, answer, started, thread, streams)
        finally:
            self._set_request_id("")
            self._slots.clear(thread)

    def _send_whole(self, request, answer, seconds):
        head, flags = _answer_head(answer)
        self._channel.send(wire.pack_answer(wire.ANSWER, request, answer.status, seconds, head, answer.body, flags))

    def _send_stream(self, request, answer, started, thread, streams):
        """Send chunk after chunk, each within the reader's window; the slot's clock runs while the script computes."""
        streams.open(request)
        kind = wire.STREAM
        try:
            for chunk in answer.chunks:
                for piece in _pieces(chunk):
                    self._slots.begin(thread, request, 0.0)  # what follows is the reader's time, not the script's
                    if not streams.wait_for_room(request, len(piece)):
                        return
                    self._send_piece(kind, request, answer, _monotonic() - started, piece)
                    kind = wire.CHUNK
                self._slots.begin(thread, request, _monotonic())
                if streams.is_cancelled(request):
                    return
            if kind == wire.STREAM:
                self._send_piece(kind, request, answer, _monotonic() - started, b"")
            self._channel.send(wire.pack(wire.END, request))
        except ServerGone:
            raise
        except BaseException as error:  # a generator may raise anything, SystemExit included
            self._fail_stream(kind, request, error, _monotonic() - started)
        finally:
            streams.close(request)
            _close(answer.chunks)

    def _send_piece(self, kind, request, answer, seconds, piece):
        if kind == wire.STREAM:
            head, flags = _answer_head(answer)
            self._channel.send(wire.pack_answer(kind, request, answer.status, seconds, head, piece, flags))
        else:
            self._channel.send(wire.pack(kind, request, piece))

    def _fail_stream(self, kind, request, error, seconds):
        """Before the first chunk a failure is an ordinary problem; after it the stream breaks off visibly."""
        answer = self._script.describe_failure(error)
        if kind == wire.STREAM:
            self._send_whole(request, answer, seconds)
        else:
            self._channel.send(wire.pack_json(wire.ABORT, request, {"code": answer.problem, "detail": answer.detail}))


def _pieces(chunk):
    limit = wire.STREAM_WINDOW_BYTES // 4
    if len(chunk) <= limit:
        return (chunk,) if chunk else ()
    return [chunk[at : at + limit] for at in range(0, len(chunk), limit)]


def _close(chunks):
    close = getattr(chunks, "close", None)
    if close is not None:
        try:
            close()
        except Exception as error:
            import sys

            sys.stderr.write("closing the generator of run() raised %r\n" % error)


def _request_of(job):
    if not job.head:
        return Request("POST", "/score", (), "application/json", job.body, job.request_id)
    head = json.loads(bytes(job.head).decode("utf-8"))
    headers = [(name, value) for name, value in head.get("h", ())]
    return Request(head["m"], head["t"], headers, head.get("c", ""), job.body, job.request_id)


def _answer_head(answer):
    """(head bytes, flags) of an answer; the common one, plain JSON, has no head."""
    flags = wire.FLAG_RUN_FAILED if answer.run_failed else 0
    if answer.problem:
        head = {"code": answer.problem, "detail": answer.detail}
        return json.dumps(head).encode("utf-8"), flags | wire.FLAG_PROBLEM
    if answer.content_type == "application/json" and not answer.headers:
        return b"", flags
    head = {"c": answer.content_type, "h": [[name, value] for name, value in answer.headers]}
    return json.dumps(head).encode("utf-8"), flags


class OneThreadStreams(object):
    """The window of a stream where the thread that runs the script also reads the socket."""

    def __init__(self, inbox):
        self._inbox = inbox

    def open(self, request):
        self._inbox.credit[request] = wire.STREAM_WINDOW_BYTES

    def close(self, request):
        self._inbox.credit.pop(request, None)
        self._inbox.cancelled.discard(request)

    def is_cancelled(self, request):
        self._inbox.jobs.extend(self._inbox.fill(wait=False))
        return request in self._inbox.cancelled

    def wait_for_room(self, request, size):
        """Wait until `size` bytes may be sent; False if the client has left."""
        while not self.is_cancelled(request):
            if self._inbox.credit[request] >= size:
                self._inbox.credit[request] -= size
                return True
            self._inbox.jobs.extend(self._inbox.fill(wait=True))
        return False


class ManyThreadStreams(object):
    """The window of a stream where the main thread reads and another runs the script."""

    def __init__(self, inbox):
        self._inbox = inbox
        self.changed = threading.Condition()

    def open(self, request):
        with self.changed:
            self._inbox.credit[request] = wire.STREAM_WINDOW_BYTES

    def close(self, request):
        with self.changed:
            self._inbox.credit.pop(request, None)
            self._inbox.cancelled.discard(request)

    def is_cancelled(self, request):
        return request in self._inbox.cancelled

    def wait_for_room(self, request, size):
        """Wait until `size` bytes may be sent; False if the client has left."""
        with self.changed:
            self.changed.wait_for(
                lambda: self._inbox.credit[request] >= size or request in self._inbox.cancelled
            )
            if request in self._inbox.cancelled:
                return False
            self._inbox.credit[request] -= size
            return True


def serve_with_one_thread(inbox, runner):
    """Read and run in turn, on the main thread, until the server says that it is enough."""
    streams = OneThreadStreams(inbox)
    jobs = inbox.jobs
    channel = inbox.channel
    fresh = True
    while True:
        if not jobs:
            if inbox.quitting:
                return
            jobs.extend(inbox.fill(wait=True))
            fresh = True
            continue
        if not fresh:
            jobs.extend(inbox.fill(wait=False))  # a cancellation may have come behind this job
        fresh = False
        job = jobs.pop(0)
        if inbox.is_stale(job, _monotonic()):
            channel.send(wire.pack(wire.SKIPPED, job.request))
        else:
            runner.run(job, 0, streams)


def serve_with_threads(inbox, runner, threads):
    """Read on the main thread and run on `threads` others, until the server says that it is enough."""
    streams = ManyThreadStreams(inbox)
    pool = _Pool(inbox, runner, streams, threads)
    while not inbox.quitting:
        with_jobs = inbox.fill(wait=True)
        with streams.changed:
            streams.changed.notify_all()
        pool.put(with_jobs)
    pool.finish()


class _Pool(object):
    """Threads that take jobs in order of arrival."""

    def __init__(self, inbox, runner, streams, threads):
        self._inbox = inbox
        self._runner = runner
        self._streams = streams
        self._ready = threading.Condition()
        self._ended = False
        self._threads = [
            threading.Thread(target=self._work, args=(number,), name="run-%d" % number, daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, jobs):
        with self._ready:
            for job in jobs:
                self._inbox.jobs.append(job)
                self._ready.notify()

    def finish(self):
        """Let the jobs that came end, then the threads."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join()

    def _next(self):
        with self._ready:
            while not self._inbox.jobs:
                if self._ended:
                    return None
                self._ready.wait()
            return self._inbox.jobs.pop(0)

    def _work(self, number):
        while True:
            job = self._next()
            if job is None:
                return
            try:
                if self._inbox.is_stale(job, _monotonic()):
                    self._inbox.channel.send(wire.pack(wire.SKIPPED, job.request))
                else:
                    self._runner.run(job, number, self._streams)
            except ServerGone:
                return
