"""What a server of this machine left behind when it ended without taking its leave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from modelport.services.target import LogRequest, Observation
from modelport.targets import local_logs

_LINES_OF_A_CRASH = 500  # the stacks of all threads
_CRASHED = "Fatal Python error: "
_LISTENING = " server stdout - | listening on "


def told(seen: Observation, directory: Path, control: Path) -> Observation:
    """The observation of a server that is gone, with when it last lived and what it said of a crash in native code."""
    log = directory / "service.log"
    try:
        traces = [control] if control.exists() else [log, directory / "server.json"]
        moments = [trace.stat().st_mtime for trace in traces if trace.exists()]
        return replace(seen, last_seen=max(moments, default=0.0), crash=_crash(log))
    except OSError:
        return seen  # it is being deleted, or its log may not be read


def _crash(log: Path) -> str:
    """The name of the crash that ended the server's last life; lines of workers and older lives do not count."""
    for line in reversed(list(local_logs.read(log, LogRequest(_LINES_OF_A_CRASH)))):
        if _LISTENING in line:
            return ""
        if line.startswith(_CRASHED):
            return line[len(_CRASHED) :]
    return ""
