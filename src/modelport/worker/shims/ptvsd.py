"""`ptvsd` as scoring scripts use it, by way of `debugpy` where the user's environment has that.

Without debugpy every call logs how to add it, and the script goes on as if nobody had attached.
"""

import threading

from ..optional import importable
from ..traces import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["attach", "break_into_debugger", "enable_attach", "is_attached", "wait_for_attach"]

_PORT = 5678


def enable_attach(address: "Any" = ("0.0.0.0", _PORT), redirect_output: bool = True, **_: object) -> "Any":  # noqa: S104, ARG001 - ptvsd's own default
    """Listen for a debugger and return at once. `address` is (host, port), or a host alone for port 5678."""
    debugpy = _debugpy("no debugger can attach")
    if debugpy is None:
        return None
    return debugpy.listen((address, _PORT) if isinstance(address, str) else (address[0], int(address[1])))


def wait_for_attach(timeout: "float | None" = None) -> None:
    """Wait until a debugger has attached, at most `timeout` seconds; at once where none can."""
    debugpy = _debugpy("there is no debugger to wait for")
    if debugpy is None:
        return
    timer = threading.Timer(timeout, debugpy.wait_for_client.cancel) if timeout is not None else None
    if timer is not None:
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
    return bool(debugpy is not None and debugpy.is_client_connected())


def break_into_debugger() -> None:
    """Stop here if a debugger is attached."""
    if is_attached():
        importable("debugpy").breakpoint()


def attach(address: "tuple[str, int]", redirect_output: bool = True, **_: object) -> None:  # noqa: ARG001
    """Connect to a debugger that listens at `address`."""
    debugpy = _debugpy("no connection to a debugger can be made")
    if debugpy is not None:
        debugpy.connect(address)


def _debugpy(otherwise: str) -> "Any":
    """debugpy, or None and a line in the log."""
    debugpy = importable("debugpy")
    if debugpy is None:
        log("ptvsd: %s, because the environment has no debugpy; add 'debugpy' to its packages." % otherwise)
    return debugpy
