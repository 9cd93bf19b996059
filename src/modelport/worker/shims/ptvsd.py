"""`ptvsd` as scoring scripts use it, by way of `debugpy` where the user's environment has that.

Of several workers the first one gets the port; the others log a line and go on. Without debugpy every call logs how to
add it, and the script goes on as if nobody had attached.
"""

import threading

from ..optional import importable
from ..traces import log

__all__ = ["attach", "break_into_debugger", "enable_attach", "is_attached", "wait_for_attach"]

_claims = []  # type: list[object]


def enable_attach(address: "tuple[str, int]" = ("0.0.0.0", 5678), redirect_output: bool = True, **_: object) -> None:  # noqa: S104, ARG001 - ptvsd's own default
    """Listen for a debugger; returns at once."""
    debugpy = importable("debugpy")
    if debugpy is None:
        log("ptvsd: no debugger can attach, because the environment has no debugpy; add 'debugpy' to its packages.")
        return
    host, port = (address, 5678) if isinstance(address, str) else (address[0], int(address[1]))
    if not _claim(port):
        log("ptvsd: another worker listens on port %d; this one goes on without a debugger." % port)
        return
    try:
        debugpy.listen((host, port))
    except Exception as error:
        log("ptvsd: no debugger can attach on %s:%d: %s" % (host, port, error))
        return
    log("ptvsd: a debugger can attach on %s:%d (served by debugpy)." % (host, port))


def _claim(port: int) -> bool:
    """Take the port for this process, until it ends."""
    import fcntl
    import os
    import tempfile

    path = os.path.join(tempfile.gettempdir(), "modelport-debugger-%d-%d.lock" % (os.getuid(), port))
    file = open(path, "w")  # noqa: SIM115 - the lock lasts as long as the file is open
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _claims.append(file)
    return True


def wait_for_attach(timeout: "float | None" = None) -> None:
    """Wait until a debugger has attached, at most `timeout` seconds; at once where none can."""
    debugpy = importable("debugpy")
    if debugpy is None or not _claims:
        return
    timer = None
    if timeout is not None:
        timer = threading.Timer(timeout, debugpy.wait_for_client.cancel)
        timer.daemon = True
        timer.start()
    try:
        debugpy.wait_for_client()
    finally:
        if timer is not None:
            timer.cancel()


def is_attached() -> bool:
    """Whether a debugger is attached."""
    debugpy = importable("debugpy")
    return bool(debugpy is not None and _claims and debugpy.is_client_connected())


def break_into_debugger() -> None:
    """Stop here if a debugger is attached."""
    if is_attached():
        importable("debugpy").breakpoint()


def attach(address: "tuple[str, int]", redirect_output: bool = True, **_: object) -> None:  # noqa: ARG001
    """Connect to a debugger that listens at `address`."""
    debugpy = importable("debugpy")
    if debugpy is None:
        log("ptvsd: cannot connect, because the environment has no debugpy; add 'debugpy' to its packages.")
        return
    debugpy.connect(address)
