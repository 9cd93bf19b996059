"""What a server in a container says when it ends because the service cannot run: to people, engine and cluster."""

from __future__ import annotations

import contextlib
import os
import sys

from modelport.errors import ModelportError
from modelport.events import LINE_MARK
from modelport.server.worker_process import Failure

TERMINATION_LOG = "/dev/termination-log"  # where a cluster looks for the reason; it keeps 4096 bytes of it
_TERMINATION_BYTES_MAX = 4096


def of_failure(failure: Failure) -> str:
    """The step and the remedy, and the user's traceback last, where engines and clusters look."""
    remedy = f"\n  -> {failure.remedy}" if failure.remedy else ""
    traceback = f"\n\n{failure.traceback.rstrip()}" if failure.traceback else ""
    return f"Step '{failure.step}' failed: {failure.message}{remedy}  [{failure.code}]{traceback}\n"


def of_error(error: ModelportError) -> str:
    """The error as it is."""
    return f"{error}\n"


def say(text: str, termination_log: str = TERMINATION_LOG) -> None:
    """Write the last words to standard error, and to the termination log if there is one."""
    # No line of them can pass for an event: those are read back from the same output.
    safe = "".join(f" {line}" if line.startswith(LINE_MARK) else line for line in text.splitlines(keepends=True))
    with contextlib.suppress(OSError):  # nobody listens any more
        sys.stderr.write(safe)
        sys.stderr.flush()
    with contextlib.suppress(OSError):  # there is none, or it is not ours to write
        descriptor = os.open(termination_log, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_shortened(safe.encode("utf-8", "replace")))


def _shortened(data: bytes) -> bytes:
    """The beginning, which names the step, and the end, which names the line of the script."""
    if len(data) <= _TERMINATION_BYTES_MAX:
        return data
    left_out = b"\n...\n"
    head = _TERMINATION_BYTES_MAX // 4
    return data[:head] + left_out + data[-(_TERMINATION_BYTES_MAX - head - len(left_out)) :]
