"""One worker as the server sees it: its process, its socket, its slots, its output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from modelport import process
from modelport.exits import Exit
from modelport.manifest import Manifest
from modelport.server import cgroup
from modelport.server.exchange import Exchange
from modelport.server.link import Link
from modelport.server.logs import LinePump
from modelport.server.stacks import stack_in
from modelport.worker import wire

_READ_BYTES = 256 * 1024
_EXIT_POLL_SECONDS = 0.005
_CRASH_PATIENCE_SECONDS = 0.25
_STACK_SECONDS = 0.1  # in which a worker that is about to be killed prints where it stands
_EXIT_PATIENCE_SECONDS = 2.0  # a worker that closed its socket and does not end is killed after this

_DEBUGGER_WORDS = {wire.DEBUGGER_AWAITED: "awaited", wire.DEBUGGER_ATTACHED: "attached"}
_LOAD_LESS = "Load less in init(), or raise init_timeout_seconds. The log shows how far it came."
_ATTACH_IN_TIME = (
    "If it waits for a debugger, attach before that, or give the wait a limit: ptvsd.wait_for_attach(timeout=30)."
)

STARTING, READY, CONDEMNED, DEAD = "starting", "ready", "condemned", "dead"


@dataclass(frozen=True)
class Failure:
    """Why a worker could not be used: the user's traceback (or the last lines of its log), and what to do.

    `step` is the step that broke: check, launch or init; `distribution` what to install where a module is missing.
    """

    code: str
    message: str
    remedy: str = ""
    traceback: str = ""
    file: str = ""
    line: int = 0
    step: str = "init"
    distribution: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The failure as JSON-ready words."""
        return dict(self.__dict__)


class WorkerOwner(Protocol):
    """Who is told what happens to a worker."""

    def worker_ready(self, worker: Worker) -> None:
        """init() is done."""

    def worker_answered(self, worker: Worker, kind: int, flags: int, request: int, payload: bytes) -> None:
        """A frame that belongs to a request."""

    def worker_lost(self, worker: Worker) -> None:
        """Its socket is of no use any more; its process is about to end."""

    def worker_ended(self, worker: Worker) -> None:
        """The process is gone, `worker.exit` and `worker.failure` say how; its last frames have been delivered."""


@dataclass
class Worker:
    """One worker process and everything that belongs to it. Created by `launch`."""

    name: str
    manifest: Manifest
    owner: WorkerOwner
    loop: asyncio.AbstractEventLoop
    child: process.Child
    slots: wire.Slots
    started: float
    link: Link = field(init=False)
    pumps: list[LinePump] = field(default_factory=list)
    state: str = STARTING
    ready: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    exit: Exit | None = None
    in_flight: dict[int, Exchange] = field(default_factory=dict)
    answered: int = 0
    needs_head: bool = False
    kill_reason: str = ""
    lost: bool = False  # it was serving when its socket ended
    blamed: int = 0  # the request for which it sent what is not of the wire
    kills_before: int | None = None
    init_clock: asyncio.TimerHandle | None = None
    debugged: bool = False  # a debugger was attached when it was last looked at
    debugged_until: float = 0.0  # monotonic seconds at which it last was; its clocks stood still until then
    _ended: bool = False
    _exit_descriptor: int | None = None

    @property
    def threads(self) -> int:
        """How many requests it runs at once."""
        return self.manifest.limits.max_concurrent_requests

    def holds(self, request: int) -> bool:
        """Whether it was given this request and has not answered it."""
        return request in self.in_flight

    def take(self, kind: int, flags: int, request: int, payload: bytes) -> None:
        """Deal with one frame. Raises `WireError`."""
        if kind in (wire.READY, wire.FAILED) and (self.state != STARTING or self.failure is not None):
            raise wire.WireError(f"a frame of kind {kind} after init() was done")
        if kind == wire.READY:
            self.ready = _ready_of(wire.unpack_object(payload))
            self.needs_head = bool(self.ready.get("needs_headers") or self.ready.get("needs_request"))
            self.state = READY
            self._stop_init_clock()
            self.owner.worker_ready(self)
        elif kind == wire.FAILED:
            self.failure = _failure_of(wire.unpack_object(payload))
            self._await_exit(time.monotonic() + _EXIT_PATIENCE_SECONDS)
        else:
            self.owner.worker_answered(self, kind, flags, request, payload)

    # -- ending --------------------------------------------------------------------------------------------------

    def quit(self) -> None:
        """Ask the worker to finish what it has begun and to end."""
        self.link.send(wire.pack(wire.QUIT, 0))

    def kill(self, reason: str) -> None:
        """Kill the whole process group of the worker at once; `reason` is for the record."""
        self.kill_reason = self.kill_reason or reason
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)

    def kill_showing_stack(self, reason: str) -> None:
        """Have the worker print where it stands, then kill it: what it waited for is in its log."""
        self.kill_reason = self.kill_reason or reason
        if self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.child.pid, wire.STACK_SIGNAL)
        self.loop.call_later(_STACK_SECONDS, self._kill_if_there)

    def _kill_if_there(self) -> None:
        if not self._ended:
            self.kill(self.kill_reason)

    @property
    def debugger_words(self) -> str:
        """none, awaited (one can attach) or attached."""
        return _DEBUGGER_WORDS.get(self.slots.debugger(), "none")

    def look_for_debugger(self, now: float) -> None:
        """See whether a debugger is attached at `now`, monotonic seconds: while it is, the clocks stand still."""
        self.debugged = self.slots.debugger() == wire.DEBUGGER_ATTACHED
        if self.debugged:
            self.debugged_until = now

    def expire_init(self) -> None:
        """The time limit of init() has passed: if it still runs, and nobody debugs it, the worker is of no use."""
        if self.state != STARTING:
            return
        seconds = self.manifest.limits.init_timeout_seconds
        debugger = self.slots.debugger()
        if debugger == wire.DEBUGGER_ATTACHED:
            self.init_clock = self.loop.call_later(seconds, self.expire_init)
            return
        awaited = debugger == wire.DEBUGGER_AWAITED
        self.failure = Failure(
            "init-timeout",
            f"init() was not done after {seconds:g} s (init_timeout_seconds).",
            _ATTACH_IN_TIME if awaited else _LOAD_LESS,
        )
        self.kill_showing_stack(f"init() was not done after {seconds:g} s")

    def watch_exit(self) -> None:
        """Notice the end of the process itself, where the system can tell (Linux): its socket alone does not, while a
        child that init() forked holds it open."""
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):  # an old kernel, or a container that forbids it
                self._exit_descriptor = os.pidfd_open(self.child.pid)
                self.loop.add_reader(self._exit_descriptor, self._exited)

    def _exited(self) -> None:
        self._unwatch_exit()
        self._has_exited()
        self.link.finish()

    def _has_exited(self) -> bool:
        """Whether the process has ended; what it had started in the background ends with it, however it ended."""
        if self.child.returncode is None and hasattr(os, "waitid"):
            # Looked at before it is collected: as long as it is not, the id is still its group's.
            if os.waitid(os.P_PID, self.child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return False
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child.pid, signal.SIGKILL)
        return self.child.poll() is not None

    def _unwatch_exit(self) -> None:
        if self._exit_descriptor is not None:
            self.loop.remove_reader(self._exit_descriptor)
            os.close(self._exit_descriptor)
            self._exit_descriptor = None

    def socket_closed(self) -> None:
        """The end of its socket is the beginning of its end; one that should be serving need not be waited for."""
        patience = _CRASH_PATIENCE_SECONDS if self.state == READY else _EXIT_PATIENCE_SECONDS
        self.owner.worker_lost(self)
        self._await_exit(time.monotonic() + patience)

    def sent_rubbish(self, what: str) -> None:
        """Whoever does not speak the wire is dropped and replaced."""
        self.kill(f"it sent something that is not of the wire: {what}")
        self.socket_closed()

    def _await_exit(self, deadline: float) -> None:
        if not self._has_exited():
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
        self._unwatch_exit()
        self._stop_init_clock()
        self.link.close()
        self.exit = self._how_it_ended()
        was_ready = self.state != STARTING
        self.state = DEAD
        for pump, stream in zip(self.pumps, (self.child.stdout, self.child.stderr), strict=True):
            _drain(pump, stream, self.loop)
        if not was_ready and self.failure is None:
            self.failure = self._failure_of_exit()
        elif self.failure is not None and self.failure.code == "init-timeout":
            self.failure = replace(self.failure, traceback=stack_in(self.pumps[1].last_lines))
        self.owner.worker_ended(self)
        self.slots.close()
        self.pumps.clear()  # they know this worker

    def _stop_init_clock(self) -> None:
        if self.init_clock is not None:
            self.init_clock.cancel()  # it would keep all that belongs to a dead worker until it rings

    def _how_it_ended(self) -> Exit:
        code = int(self.child.returncode)
        if self.kill_reason:
            return Exit(code, out_of_memory=False)
        facts = cgroup.memory_facts()
        if facts.kills is None or self.kills_before is None:
            return Exit(code)
        return Exit(code, facts.kills > self.kills_before, facts.words)

    def _failure_of_exit(self) -> Failure:
        words = self.exit.words if self.exit else "an unknown end"
        if self.kill_reason:
            words = self.kill_reason
        last = "\n".join((self.pumps[1].last_lines or self.pumps[0].last_lines)[-20:])
        alone = f"Run the script alone to see it: modelport serve {self.manifest.program.entry_script} --debug"
        starved = self.exit is not None and self.exit.out_of_memory
        return Failure(
            code="init-died",
            message=f"The worker process ended before init() was done: {words}.",
            remedy="Give the service more memory, or load less in init()." if starved else alone,
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
    """The failure that a worker tells of. Raises `WireError`."""
    known = {key: value for key, value in words.items() if key in Failure.__dataclass_fields__}
    for key, value in known.items():
        if not isinstance(value, int if key == "line" else str):
            raise wire.WireError(f"a failure has the {key} {value!r:.100}")
    return Failure(**{"code": "init-failed", "message": "init() failed.", **known})


def _ready_of(words: dict[str, Any]) -> dict[str, Any]:
    """What a worker tells when it is ready, if it is what the server counts on. Raises `WireError`."""
    seconds = words.setdefault("init_seconds", 0.0)
    description = words.setdefault("description", {})
    swagger = description.get("swagger", {}) if isinstance(description, dict) else None
    if not isinstance(seconds, (int, float)) or not 0 <= seconds < 1e9 or not isinstance(swagger, dict):
        raise wire.WireError("what it tells about the script has not the form that is agreed")
    return words
