"""Lets a debugger attach to the script: `debugpy` where the user's environment has it, made fit for a service.

A script calls `debugpy.listen(...)` or, as v1's did, `ptvsd.enable_attach(...)`. In a service that needs three things
that debugpy alone does not do. Of several workers only one can have the port: the first takes it, the others log a
line, go on, and take it over when the first has ended. A port that cannot be had does not keep the service from
starting. And the server is told, by a word in the page that both map, while somebody is attached, so that the clocks
stand still.
"""

import errno
import os
import threading
import time
from contextlib import suppress

from . import environment, wire
from .optional import importable
from .traces import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LOOK_SECONDS = 0.02
RETRY_SECONDS = 0.2
_ADAPTER_PATIENCE_SECONDS = 5.0  # how long the port of a worker that has just ended may still be taken
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

_told = []  # type: list[Callable[[int], None]]


def report_to(tell: "Callable[[int], None]") -> None:
    """Tell the state of the debugger (`wire.NO_DEBUGGER` …) by this function from now on."""
    _told[:] = [tell]


def adapt(debugpy: "Any") -> None:
    """Put our `listen`, `connect` and `wait_for_client` into a freshly imported debugpy."""
    session = _Session(debugpy)
    debugpy.listen = session.listen
    debugpy.connect = session.connect
    debugpy.wait_for_client = session.wait_for_client


def connect_as_told() -> None:
    """Connect to the debugger at AZUREML_DEBUG_PORT, if that is set, and wait until it is ready, as v1's server did.

    What keeps it from that is logged, and no reason to fail.
    """
    port = environment.debug_port()
    if not port:
        return
    debugpy = importable("debugpy")
    if debugpy is None:
        log("debugger: AZUREML_DEBUG_PORT is set, and the environment has no debugpy; add 'debugpy' to its packages.")
        return
    try:
        debugpy.connect(("127.0.0.1", port))
    except (RuntimeError, OSError) as error:
        log("debugger: none listens at 127.0.0.1:%d (AZUREML_DEBUG_PORT): %s" % (port, error))
        return
    debugpy.wait_for_client()


def claim(port: int, wait: bool = False) -> "Any":
    """The open file that holds the claim to a port until it is closed, or None where another process has it."""
    import fcntl
    import tempfile

    path = os.path.join(tempfile.gettempdir(), "modelport-debugger-%d-%d.lock" % (os.getuid(), port))
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        log("debugger: %s cannot be opened, so nobody sees who has the port: %s" % (path, error))
        return object()
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(file)
        return None
    return _Held(file)


class _Held(object):
    """An open file; closed when nobody holds this any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __del__(self) -> None:
        os.close(self._descriptor)


class _Session(object):
    """The one debugger of this process, with the functions that stand in for debugpy's."""

    def __init__(self, debugpy: "Any") -> None:
        environment.quieten_debugger()
        self._debugpy = debugpy
        self._listen = debugpy.listen
        self._connect = debugpy.connect
        self._wait = debugpy.wait_for_client
        self._claim = None  # type: Any
        self._open = False
        self._waiting = False
        self._cancelled = False
        self.wait_for_client = _Waiting(self)

    def listen(self, endpoint: "Any", **options: "Any") -> "tuple[str, int]":
        """Listen for a debugger where this worker gets the port; returns (host, port) in any case."""
        host, port = _address(endpoint)
        self._claim = claim(port) if port else object()
        if self._claim is None:
            log(
                "debugger: another worker has port %d, so none can attach to this one; it goes on, and takes the port "
                "over when the other ends." % port
            )
            _in_background(self._take_over, host, port, options)
            return host, port
        return self._try(host, port, options)

    def connect(self, endpoint: "Any", **options: "Any") -> "Any":
        """Connect to a debugger that listens at `endpoint`. Raises what debugpy raises where none does."""
        result = self._connect(endpoint, **options)
        self._begin()
        return result

    def wait(self) -> None:
        """Wait until a debugger has attached; at once where none can."""
        if not self._open:
            return
        self._waiting = True
        try:
            if not self._cancelled:
                log("debugger: waiting for one to attach")
                self._wait()
        finally:
            self._waiting = self._cancelled = False

    def cancel(self) -> None:
        """Let `wait` return, also one that is only about to begin."""
        self._cancelled = True
        while self._waiting:
            with suppress(RuntimeError):  # that it was not called yet
                self._wait.cancel()
            time.sleep(LOOK_SECONDS)

    def _take_over(self, host: str, port: int, options: "dict[str, Any]") -> None:
        self._claim = claim(port, wait=True)
        self._try(host, port, options)

    def _try(self, host: str, port: int, options: "dict[str, Any]") -> "tuple[str, int]":
        """Listen; what keeps it from that is logged, and no reason to fail."""
        deadline = time.time() + _ADAPTER_PATIENCE_SECONDS
        while True:
            try:
                found = self._listen((host, port), **options)
            except (RuntimeError, OSError) as error:
                if not _is_taken(error) or time.time() > deadline:
                    log("debugger: none can attach at %s:%d: %s" % (host, port, error))
                    return host, port
                time.sleep(RETRY_SECONDS)
            else:
                break
        self._begin()
        host, port = (found[0], int(found[1])) if isinstance(found, tuple) else (host, port)
        log("debugger: one can attach at %s:%d%s" % (host, port, "" if host in _LOOPBACK else _EXPOSED))
        return host, port

    def _begin(self) -> None:
        self._open = True
        _in_background(self._watch)

    def _watch(self) -> None:
        """Keep the server informed. This thread is not traced: it runs on while all others stand at a breakpoint."""
        self._debugpy.trace_this_thread(False)
        told = wire.NO_DEBUGGER
        while True:
            state = wire.DEBUGGER_ATTACHED if self._debugpy.is_client_connected() else wire.DEBUGGER_AWAITED
            if state != told:
                for tell in _told:
                    tell(state)
                if wire.DEBUGGER_ATTACHED in (state, told):
                    log(_ATTACHED if state == wire.DEBUGGER_ATTACHED else _DETACHED)
                told = state
            time.sleep(LOOK_SECONDS)


_EXPOSED = "; whoever reaches that port can run code in this service"
_ATTACHED = "debugger: attached; deadlines of this worker stand still"
_DETACHED = "debugger: detached; deadlines count again"


class _Waiting(object):
    """`debugpy.wait_for_client`: a function that has a `cancel`."""

    def __init__(self, session: _Session) -> None:
        self._session = session

    def __call__(self) -> None:
        self._session.wait()

    def cancel(self) -> None:
        self._session.cancel()


def _address(endpoint: "Any") -> "tuple[str, int]":
    """(host, port) of what debugpy takes for an address. Raises `ValueError`."""
    host, port = endpoint if isinstance(endpoint, (tuple, list)) else ("127.0.0.1", endpoint)
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
        raise ValueError("the debugger's port is %r: give (host, port), for example ('127.0.0.1', 5678)" % (port,))
    return str(host), port


def _is_taken(error: BaseException) -> bool:
    words = str(error)
    return os.strerror(errno.EADDRINUSE) in words or "Errno %d" % errno.EADDRINUSE in words


def _in_background(work: "Callable[..., None]", *arguments: "Any") -> None:
    thread = threading.Thread(target=work, args=arguments, name="modelport-debugger", daemon=True)
    # Marks by which debugpy knows its own threads: it neither traces nor stops nor shows them.
    thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
    thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
    thread.start()
