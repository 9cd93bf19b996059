"""One state, derived from facts: a table of what is seen and what it means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelport.services import status
from modelport.services.status import Facts, derive
from modelport.services.target import Observation

FAILURE = {"code": "init-failed", "message": "init() raised", "remedy": "Mend it."}


def seen(state: str = "", rollout: str = "", **words: object) -> Observation:
    told = {"state": state, "revision": 2, "failure": FAILURE if state in ("failed", "unhealthy") else None}
    told["rollout"] = {"state": rollout, "revision": 3, "failure": FAILURE if rollout == "failed" else None}
    return Observation(True, True, True, told if state else {}, **words)


GONE = Observation(launched=True, alive=False, pid=7)

CASES = [
    (Facts("s", 1, seen("ready")), "running", "Serving"),
    (Facts("s", 1, seen("ready", "succeeded")), "running", "Serving"),
    (Facts("s", 1, seen("ready", "running")), "updating", "Serving"),
    (Facts("s", 1, seen("ready", "failed")), "running", "Serving"),
    (Facts("s", 1, seen("starting", "running")), "deploying", "InitRunning"),
    (Facts("s", 1, seen("failed", "failed")), "failed", "InitFailed"),
    (Facts("s", 1, seen("failed", "running")), "deploying", "InitRunning"),
    (Facts("s", 1, seen("unhealthy")), "unhealthy", "InitFailed"),
    (Facts("s", 1, seen("draining")), "stopping", "Draining"),
    (Facts("s", 1, seen()), "unhealthy", "ServerNotAnswering"),
    (Facts("s", 1, GONE), "failed", "ServerKilled"),
    (Facts("s", 1, replace(GONE, crash="Aborted")), "failed", "ServerCrashed"),
    (Facts("s", 1, GONE, broke="MemoryError: "), "failed", "ServerCrashed"),
    (Facts("s", 1, GONE, stopped_cleanly=True), "failed", "ServerStopped"),
    (Facts("s", 1, Observation(True, False, False)), "failed", "MachineRestarted"),
    (Facts("s", 1, Observation()), "failed", "DeployInterrupted"),
    (Facts("s", 1, Observation(), operation_under_way=True), "deploying", "OperationInProgress"),
    (Facts("s", 0, GONE), "stopped", "Stopped"),
]


@pytest.mark.parametrize(("facts", "state", "reason"), CASES, ids=[case[2] + "-" + case[1] for case in CASES])
def test_state_follows_from_facts(facts, state, reason):
    found = derive(facts)
    assert (found.state, found.reason) == (state, reason)


def test_every_state_has_a_word_in_each_table():
    for words in (status.LOCAL_WORDS, status.SERVICE_WORDS):
        assert set(words) == set(status.STATES)


@pytest.mark.parametrize("observation", [GONE, Observation(True, False, False)])
def test_dead_server_names_the_command_that_brings_it_back(observation):
    assert "modelport service start s" in derive(Facts("s", 1, observation)).message


def test_killed_server_tells_signal_and_moment():
    message = derive(Facts("s", 1, replace(GONE, last_seen=1000.0))).message
    assert "process 7" in message and "signal 9 (SIGKILL)" in message and "at 1970-01-01T00:16:40Z" in message


def test_failed_update_is_told_while_the_old_revision_runs():
    message = derive(Facts("s", 1, seen("ready", "failed"))).message
    assert "Revision 3" in message and "revision 2 goes on serving" in message and "init() raised" in message


def test_healthy_service_has_no_message():
    assert derive(Facts("s", 1, seen("ready"))).message == ""
