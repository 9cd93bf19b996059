"""One request to a service: where run() raised, what the script said of it stands before the error."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.cli.session import Session
    from modelport.errors import ScoringError
    from modelport.services.manager import ServiceManager
    from modelport.services.target import Reply

_LINES_MAX = 500
_PATIENCE_SECONDS = 0.5  # the answer may be here before the last line of the log
_POLL_SECONDS = 0.05


def ask(session: Session, name: str, content: bytes) -> Reply:
    """The answer of a service. Raises what the manager's `run` raises."""
    from modelport.errors import ScoringError

    manager = session.workspace.services
    try:
        return manager.run(name, content)
    except ScoringError as error:
        if not session.output.as_json and (told := _traceback_of(manager, name, error)):
            sys.stderr.write(f"{told}\n")
        raise


def _traceback_of(manager: ServiceManager, name: str, error: ScoringError) -> str:
    """What `run()` wrote to standard error for the request that failed; empty if it is not known, or nothing."""
    request_id = _request_id(error.body)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    lines: list[str] = []
    while request_id and not lines and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        lines = _lines_of(manager, name, request_id)
    return "".join(f"{line}\n" for line in lines)


def _request_id(body: str) -> str:
    try:
        problem = json.loads(body)
        return str(problem["request_id"]) if problem["code"] in ("run-failed", "result-not-serialisable") else ""
    except (ValueError, KeyError, TypeError):
        return ""


def _lines_of(manager: ServiceManager, name: str, request_id: str) -> list[str]:
    from modelport.services.target import LogRequest

    found = []
    for line in manager.logs(name, LogRequest(_LINES_MAX)):
        head, _, words = line.partition(" | ")
        if head.endswith(f" stderr {request_id}"):
            found.append(words)
    return found
