"""One worker as the server sees it: its process, its socket, its slots, its output."""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from modelport import process
from modelport.exits import Exit
from modelport.manifest import Manifest
from modelport.server import cgroup
from modelport.server.exchange import Exchange
from modelport.server.logs import LinePump, LogSink
from modelport.worker import wire

_READ_BYTES = 256 * 1024
_EXIT_POLL_SECONDS = 0.005
_EXIT_PATIENCE_SECONDS = 2.0  # a worker that closed its socket and does not end is killed after this

STARTING, READY, CONDEMNED, DEAD = "starting", "ready", "condemned", "dead"


@dataclass(frozen=True)
class Failure:
    """Why a worker could not be used: the user's traceback (or the last lines of its log), and what to do.

    `step` is the step that broke: check, launch or init.
    """

    code: str
    message: str
    remedy: str = ""
    traceback: str = ""
    file: str = ""
    line: int = 0
    step: str = "init"

    def to_dict(self) -> dict[str, Any]:
        """The failure as JSON-ready words."""
        return dict(self.__dict__)


class WorkerOwner(Protocol):
    """Who is told what happens to a worker."""

    def worker_ready(self, worker: Worker) -> None:
        """init() is done."""

    def worker_answered(self, worker: Worker, kind: int, flags: int, request: int, payload: bytes) -> None:
        """A frame that belongs to a request."""

    def worker_ended(self, worker: Worker) -> None:
        """The process is gone, `worker.exit` and `worker.failure` say how; its last frames have been delivered."""


@dataclass
class Worker:
    """One worker process and everything that belongs to it. Created by `launch`."""

    name: str
    manifest: Manifest
    owner: WorkerOwner
    loop: asyncio.AbstractEventLoop
    child: subprocess.Popen[bytes]
    connection: socket.socket
    slots: wire.Slots
    pumps: list[LinePump]
    started: float
    state: str = STARTING
    ready: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    exit: Exit | None = None
    in_flight: dict[int, Exchange] = field(default_factory=dict)
    answered: int = 0
    needs_head: bool = False
    kill_reason: str = ""
    _reader: wire.FrameReader = field(default_factory=lambda: wire.FrameReader(wire.WORKER_KINDS))
    _outbox: list[bytes] = field(default_factory=list)
    _unsent: deque[bytes] = field(default_factory=deque)
    _kills_before: int | None = None
    _ended: bool = False

    @property
    def threads(self) -> int:
        """How many requests it runs at once."""
        return self.manifest.limits.max_concurrent_requests

    # -- writing -------------------------------------------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """Queue a frame; all frames queued in one turn of the loop leave in one system call."""
        if not self._outbox:
            self.loop.call_soon(self._flush)
        self._outbox.append(frame)

    def send_with_descriptor(self, frame: bytes, descriptor: int) -> None:
        """Send a frame together with an open file, behind everything queued so far."""
        self._flush()
        while self._unsent:  # rare: a worker whose socket is full; the descriptor must not overtake its frame
            self._wait_writable()
            self._write_unsent()
        self._wait_writable()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor.to_bytes(4, "little"))]
        try:
            sent = self.connection.sendmsg([frame], rights)
        except OSError:
            return  # it has died; the end of its socket tells the rest
        if sent < len(frame):
            self._unsent.append(frame[sent:])
            self.loop.add_writer(self.connection.fileno(), self._write_unsent)

    def _wait_writable(self) -> None:
        import select

        select.select([], [self.connection], [], 1.0)

    def _flush(self) -> None:
        if not self._outbox or self._ended:
            return
        data = self._outbox[0] if len(self._outbox) == 1 else b"".join(self._outbox)
        self._outbox.clear()
        if self._unsent:
            self._unsent.append(data)
            return
        try:
            sent = self.connection.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < len(data):
            self._unsent.append(data[sent:])
            self.loop.add_writer(self.connection.fileno(), self._write_unsent)

    def _write_unsent(self) -> None:
        while self._unsent:
            data = self._unsent[0]
            try:
                sent = self.connection.send(data)
            except BlockingIOError:
                return
            except OSError:
                self._unsent.clear()
                break
            if sent < len(data):
                self._unsent[0] = data[sent:]
                return
            self._unsent.popleft()
        self.loop.remove_writer(self.connection.fileno())

    # -- reading -------------------------------------------------------------------------------------------------

    def readable(self) -> None:
        """Take in frames; the end of the stream is the beginning of the end."""
        try:
            data = self.connection.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._socket_closed()
            return
        try:
            frames = self._reader.feed(data)
            for kind, flags, request, payload in frames:
                self._take(kind, flags, request, payload)
        except wire.WireError as error:
            self.kill(f"it sent something that is not of the wire: {error}")

    def _take(self, kind: int, flags: int, request: int, payload: bytes) -> None:
        if kind == wire.READY:
            self.ready = wire.unpack_json(payload)
            self.needs_head = bool(self.ready.get("needs_headers") or self.ready.get("needs_request"))
            self.state = READY if self.state == STARTING else self.state
            self.owner.worker_ready(self)
        elif kind == wire.FAILED:
            self.failure = _failure_of(wire.unpack_json(payload))
        else:
            self.owner.worker_answered(self, kind, flags, request, payload)

    # -- ending --------------------------------------------------------------------------------------------------

    def quit(self) -> None:
        """Ask the worker to finish what it has begun and to end."""
        self.send(wire.pack(wire.QUIT, 0))

    def kill(self, reason: str) -> None:
        """Kill the whole process group of the worker at once; `reason` is for the record."""
        self.kill_reason = self.kill_reason or reason
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)

    def _socket_closed(self) -> None:
        self.loop.remove_reader(self.connection.fileno())
        self.loop.remove_writer(self.connection.fileno())
        self._await_exit(time.monotonic() + _EXIT_PATIENCE_SECONDS)

    def _await_exit(self, deadline: float) -> None:
        if self.child.poll() is None:
            if time.monotonic() > deadline:
                self.kill("it closed its socket and did not end")
                deadline += _EXIT_PATIENCE_SECONDS
            self.loop.call_later(_EXIT_POLL_SECONDS, self._await_exit, deadline)
            return
        self._end()

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self.connection.close()
        self.exit = Exit(self.child.returncode, self._killed_for_memory())
        was_ready = self.state != STARTING
        self.state = DEAD
        for pump, stream in zip(self.pumps, (self.child.stdout, self.child.stderr), strict=True):
            _drain(pump, stream, self.loop)
        if not was_ready and self.failure is None:
            self.failure = self._failure_of_exit()
        self.owner.worker_ended(self)

    def _killed_for_memory(self) -> bool | None:
        if self.kill_reason:
            return False
        kills = cgroup.memory_facts().kills
        if kills is None or self._kills_before is None:
            return None
        return kills > self._kills_before

    def _failure_of_exit(self) -> Failure:
        words = self.exit.words if self.exit else "an unknown end"
        if self.kill_reason:
            words = self.kill_reason
        last = "\n".join((self.pumps[1].last_lines or self.pumps[0].last_lines)[-20:])
        return Failure(
            code="init-died",
            message=f"The worker process ended before init() was done: {words}.",
            remedy=f"Run the script alone to see it happen: modelport serve {self.manifest.program.entry_script} --debug",
            traceback=last,
        )

    def running_request_id(self) -> str:
        """The id of the request that the worker runs, if it runs exactly one."""
        if not self.in_flight:
            return ""
        begun = [self.in_flight[wire_id] for wire_id in self.slots.begun() if wire_id in self.in_flight]
        return begun[0].request_id.decode("latin-1") if len(begun) == 1 else ""


def _drain(pump: LinePump, stream: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Read what is left in the pipe of a process that has ended, so that its last words are not lost."""
    loop.remove_reader(stream.fileno())
    with contextlib.suppress(BlockingIOError, OSError):
        while data := os.read(stream.fileno(), _READ_BYTES):
            pump.feed(data)
    pump.close()
    stream.close()


def _failure_of(words: dict[str, Any]) -> Failure:
    known = {key: value for key, value in words.items() if key in Failure.__dataclass_fields__}
    return Failure(**{"code": "init-failed", "message": "init() failed.", **known})


def launch(name: str, manifest: Manifest, owner: WorkerOwner, sink: LogSink, environ: dict[str, str]) -> Worker:
    """Start one worker process and say hello to it. Raises `UserError` where the interpreter cannot be started."""
    loop = asyncio.get_running_loop()
    threads = manifest.limits.max_concurrent_requests
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    memory, slots_fd = _shared_page(threads * wire.SLOT_BYTES)
    outputs = [os.pipe(), os.pipe()]
    try:
        child = process.spawn(
            [manifest.program.python, worker_main(), str(theirs.fileno()), str(slots_fd)],
            environ=environ,
            directory=Path(manifest.program.app_directory),
            stdout=outputs[0][1],
            stderr=outputs[1][1],
            pass_fds=(theirs.fileno(), slots_fd),
            die_with_parent=True,
        )
    except BaseException:
        ours.close()
        for read_end, _ in outputs:
            os.close(read_end)
        raise
    finally:
        theirs.close()
        os.close(slots_fd)
        for _, write_end in outputs:
            os.close(write_end)
    child.stdout, child.stderr = (os.fdopen(read_end, "rb", buffering=0) for read_end, _ in outputs)
    ours.setblocking(False)
    worker = Worker(
        name, manifest, owner, loop, child, ours, wire.Slots(memory, threads), [], time.monotonic(),
        _kills_before=cgroup.memory_facts().kills,
    )  # fmt: skip
    _attach(worker, sink)
    hello = {
        "version": wire.VERSION,
        "script": str(Path(manifest.program.app_directory) / manifest.program.entry_script),
        "app_root": manifest.program.app_directory,
        "threads": threads,
        "slots_bytes": threads * wire.SLOT_BYTES,
    }
    worker.send(wire.pack_json(wire.HELLO, 0, hello))
    return worker


def _attach(worker: Worker, sink: LogSink) -> None:
    for name, stream in (("stdout", worker.child.stdout), ("stderr", worker.child.stderr)):
        pump = LinePump(sink, worker.name, name, worker.running_request_id)
        worker.pumps.append(pump)
        if stream is not None:
            os.set_blocking(stream.fileno(), False)
            worker.loop.add_reader(stream.fileno(), _pump, worker, pump, stream.fileno())
    worker.loop.add_reader(worker.connection.fileno(), worker.readable)


def _pump(worker: Worker, pump: LinePump, descriptor: int) -> None:
    try:
        data = os.read(descriptor, 64 * 1024)
    except BlockingIOError:
        return
    if data:
        pump.feed(data)
    else:
        worker.loop.remove_reader(descriptor)


def _shared_page(size: int) -> tuple[mmap.mmap, int]:
    """A page of anonymous memory that a child can map: (our map, its descriptor, to be passed and closed)."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("modelport-slots")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return mmap.mmap(descriptor, size), descriptor


def worker_main() -> str:
    """The absolute path of the file that starts a worker."""
    return str(Path(wire.__file__).with_name("__main__.py"))
