"""Processes by who they are, whoever started them: whether they live, and how they are ended.

The identity of a process is its id together with its start time, because the kernel reuses ids.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that can be recognised later: its id and its start time in clock ticks since boot (proc(5))."""

    pid: int
    start_ticks: int

    def is_alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        return start_ticks_of(self.pid) == self.start_ticks


def start_ticks_of(pid: int) -> int | None:
    """The start time of process `pid` in clock ticks since boot, or None if it does not run (or is a zombie)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else _start_ticks_without_proc(pid)
    fields = stat.rpartition(")")[2].split()  # the command name may hold spaces and parentheses
    # The first thread of a dying process can be a zombie while others still hold its files and locks: it lives.
    ended = fields[0] == "X" or (fields[0] == "Z" and int(fields[17]) <= 1)
    return None if ended else int(fields[19])


def boot_id() -> str:
    """The identity of this boot of the machine, empty where the system does not tell: ids of processes and their
    start times mean nothing in another one."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _start_ticks_without_proc(pid: int) -> int | None:
    """On systems without /proc the id alone has to do: 0 if the process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return 0
    return 0


def terminate(identity: ProcessIdentity, *, grace_seconds: float) -> bool:
    """Ask the process to end, and kill it after the grace period; True if it ended in time by itself."""
    if not identity.is_alive():
        return True
    os.kill(identity.pid, signal.SIGTERM)
    if wait_until_gone(identity, timeout_seconds=grace_seconds):
        return True
    kill(identity)
    return False


def kill(identity: ProcessIdentity) -> None:
    """Kill the process at once and wait until the kernel has let go of it."""
    if identity.is_alive():
        os.kill(identity.pid, signal.SIGKILL)
        wait_until_gone(identity, timeout_seconds=5.0)


def kill_those_of(variable: str, folder: Path) -> int:
    """Kill this user's processes whose environment names a place in `folder` by `variable`; returns how many.

    What a program started in the background bears the mark that the program bore, whoever its parent is by now. Only
    where the system shows environments (Linux).
    """
    mark = os.fsencode(f"{variable}={folder}{os.sep}")
    killed = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if any(word.startswith(mark) for word in (entry / "environ").read_bytes().split(b"\0")):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    return killed


def wait_until_gone(identity: ProcessIdentity, *, timeout_seconds: float) -> bool:
    """Wait until the process has ended; False if it still runs after the time limit."""
    deadline = time.monotonic() + timeout_seconds
    while identity.is_alive():
        _reap(identity.pid)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def exit_code_of(identity: ProcessIdentity) -> int | None:
    """How a child of ours that was started detached ended (negative: the signal); None if it runs or is no child."""
    return _reap(identity.pid)


def _reap(pid: int) -> int | None:
    """Collect a child of ours that has ended, so that it does not stay a zombie; others are not ours to collect."""
    try:
        collected, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if collected else None
