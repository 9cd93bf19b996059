"""The duty of the first process of a container: to collect children that are nobody else's.

What a script started and left behind becomes a child of process 1 when its parent dies, and stays a zombie until it is
collected. The workers are children, too, and how they ended is their owner's to read: those are left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import sys
from collections.abc import Callable

LOOK_EVERY_SECONDS = 1.0
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Let orphans below this process become its children though it is not process 1, as with `docker run --init` or a
    shared process namespace; False where the system has no such thing."""
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def reap(own: set[int]) -> int:
    """Collect every child that has ended and is not one of `own`; returns how many.

    Looks before it takes: the system shows one ended child at a time. Is that an own one, then its owner collects it
    within moments, and the next look shows what is behind it.
    """
    reaped = 0
    if sys.platform == "win32":
        return reaped
    with contextlib.suppress(ChildProcessError):  # no children at all
        while True:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None or ended.si_pid in own:
                break
            os.waitpid(ended.si_pid, os.WNOHANG)
            reaped += 1
    return reaped


async def keep_reaping(own: Callable[[], set[int]]) -> None:
    """Look once a second, for ever. Not by SIGCHLD: a look costs a microsecond, and a zombie nothing for so long."""
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        reap(own())
