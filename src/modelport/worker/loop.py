"""The worker's loop: takes requests off the socket, runs the script, sends the answers.

With one thread the main thread does everything, because a hop between threads costs more than most models. With
several, the main thread reads and the others run. Either way a request that was cancelled, or whose time to begin has
passed, is skipped, not computed.
"""

import os
import sys
import threading
import time
import traceback

from . import wire
from .channel import ServerGone
from .windows import ManyThreadStreams, OneThreadStreams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    from .inbox import Inbox, Job
    from .runner import Runner

_monotonic = time.monotonic
EXIT_BROKEN = 70  # EX_SOFTWARE: the two sides of the wire do not understand each other

# Before it begins a job the worker looks for cancellations, unless it has just looked: a cancellation that is younger
# than this could as well still be on its way, and looking costs as much as a small model.
LOOK_AGAIN_SECONDS = 0.0005


def serve_with_one_thread(inbox: "Inbox", runner: "Runner") -> None:
    """Read and run in turn, on the main thread, until the server says that it is enough."""
    streams = OneThreadStreams(inbox)
    jobs = inbox.jobs
    channel = inbox.channel
    looked = 0.0
    while True:
        if not jobs:
            if inbox.quitting:
                return
            jobs.extend(inbox.fill(wait=True))
            looked = _monotonic()
            continue
        now = _monotonic()
        if now - looked > LOOK_AGAIN_SECONDS:
            jobs.extend(inbox.fill(wait=False))  # a cancellation may have come behind this job
            looked = now
        job = jobs.pop(0)
        if inbox.is_stale(job, now):
            channel.send(wire.pack(wire.SKIPPED, job.request))
        else:
            runner.run(job, 0, streams)


def serve_with_threads(inbox: "Inbox", runner: "Runner", threads: int) -> None:
    """Read on the main thread and run on `threads` others, until the server says that it is enough."""
    streams = ManyThreadStreams(inbox)
    pool = _Pool(inbox, runner, streams, threads)
    while not inbox.quitting:
        jobs = inbox.fill(wait=True)
        with streams.changed:
            streams.changed.notify_all()
        pool.put(jobs)
    pool.finish()


class _Pool(object):
    """Threads that take jobs in order of arrival."""

    def __init__(self, inbox: "Inbox", runner: "Runner", streams: ManyThreadStreams, threads: int) -> None:
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

    def put(self, jobs: "list[Job]") -> None:
        with self._ready:
            for job in jobs:
                self._inbox.jobs.append(job)
                self._ready.notify()

    def finish(self) -> None:
        """Let the jobs that came end, then the threads."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join()

    def _next(self) -> "Union[Job, None]":
        with self._ready:
            while not self._inbox.jobs:
                if self._ended:
                    return None
                self._ready.wait()
            return self._inbox.jobs.pop(0)

    def _work(self, number: int) -> None:
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
            except BaseException:
                # Nothing of the user's comes this far. With a thread less, requests would wait for it in vain.
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(EXIT_BROKEN)
