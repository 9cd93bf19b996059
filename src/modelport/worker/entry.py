"""What a worker does from its first line to its last: say hello, load the script, run init(), serve, end."""

import mmap
import os
import signal
import socket
import sys
import time

from . import debugger, loop, stdio, wire
from .channel import Channel, ServerGone
from .inbox import Inbox
from .runner import Runner

EXIT_INIT_FAILED = 3  # as the original server did; engines and users know it
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .script import ScoringScript

_HELLO = {"script": str, "app_root": str, "threads": int, "slots_bytes": int}
_OOM_SCORE_ADJ = 500  # of -1000..1000: the kernel is to pick the worker, not the server


def start(socket_fd: int, slots_fd: int) -> None:
    """Run the worker on the given descriptors and end the process."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, socket_fd)
    channel = Channel(connection)
    inbox = Inbox(channel)
    try:
        code = _work(channel, inbox, slots_fd)
    except (ServerGone, KeyboardInterrupt):
        code = 0
    except wire.WireError as error:
        sys.stderr.write("worker: the server sent something that is not of the wire: %s\n" % error)
        code = loop.EXIT_BROKEN
    sys.stdout.flush()
    sys.stderr.flush()
    if code:
        os._exit(code)  # threads of the user's that still run must not hold up a failed worker
    sys.exit(0)


def _work(channel: Channel, inbox: Inbox, slots_fd: int) -> int:
    hello = _hello(inbox)
    _volunteer_for_the_oom_killer()
    stdio.install(1, 2)
    _show_crashes()
    from . import script

    threads = hello["threads"]
    slots = wire.Slots(mmap.mmap(slots_fd, hello["slots_bytes"]), threads)
    debugger.report_to(slots.tell_debugger)
    started = time.time()
    try:
        scoring = script.load_script(hello["script"], hello["app_root"])
        scoring.init()
    except script.ScriptProblem as problem:
        channel.send(wire.pack_json(wire.FAILED, 0, problem.to_dict()))
        return EXIT_INIT_FAILED
    _settle_memory()
    runner = Runner(scoring, channel, slots, stdio.set_request_id)
    channel.send(wire.pack_json(wire.READY, 0, _ready(scoring, time.time() - started)))
    if threads == 1:
        loop.serve_with_one_thread(inbox, runner)
    else:
        loop.serve_with_threads(inbox, runner, threads)
    return 0


def _hello(inbox: Inbox) -> "dict[str, Any]":
    """The first frame: what to load. What came right behind it is kept."""
    frames = ()  # type: Any
    while not frames:
        frames = inbox.channel.receive(wait=True)
    kind, _, _, payload = frames[0]
    if kind != wire.HELLO:
        raise wire.WireError("the first frame is not a hello but of kind %d" % kind)
    hello = wire.unpack_object(payload)
    if hello.get("version") != wire.VERSION:
        raise wire.WireError("the server speaks version %r, this worker %d" % (hello.get("version"), wire.VERSION))
    for name, form in _HELLO.items():
        if not isinstance(hello.get(name), form):
            raise wire.WireError("the hello has the %s %r" % (name, hello.get(name)))
    if hello["threads"] < 1 or hello["slots_bytes"] < wire.page_bytes(hello["threads"]):
        raise wire.WireError("the hello has %(threads)d threads and %(slots_bytes)d bytes for them" % hello)
    inbox.jobs.extend(inbox.sort(frames[1:]))
    return hello


def _ready(scoring: "ScoringScript", seconds: float) -> "dict[str, Any]":
    return {
        "version": wire.VERSION,
        "needs_headers": bool(scoring.needs_headers),
        "needs_request": bool(scoring.needs_request),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "init_seconds": seconds,
        "description": scoring.describe(),
    }


def _settle_memory() -> None:
    """Take what init() built out of the garbage collector's sight: it stays, and would be walked again and again."""
    import gc

    gc.collect()
    freeze = getattr(gc, "freeze", None)  # Python 3.7
    if freeze is not None:
        freeze()


def _volunteer_for_the_oom_killer() -> None:
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(_OOM_SCORE_ADJ))
    except OSError:
        return  # not Linux, or a system that forbids it: the kernel then chooses by size, usually the worker as well


def _show_crashes() -> None:
    """A segmentation fault prints the Python stack, with the script's file and line, before the process dies; so does
    the server's wish to see it, before it kills a worker that took too long."""
    import faulthandler

    faulthandler.enable(file=2)
    if wire.STACK_SIGNAL != signal.SIGABRT:  # which is one of those that are handled already
        faulthandler.register(wire.STACK_SIGNAL, file=2)
