"""A debugger at a script in a service: it attaches, stops, reads, goes on, and no clock runs meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.dap import DapClient
from tests.server.conftest import RunningReplica, StartReplica

SEEDS_LINES = """
    import ptvsd
    # Allows other computers to attach to ptvsd on this IP address and port.
    ptvsd.enable_attach(address=('0.0.0.0', {port}), redirect_output = True)
    # Wait 30 seconds for a debugger to attach. If none attaches, the script continues as normal.
    ptvsd.wait_for_attach(timeout = {wait})
    print("Debugger attached...")
"""
RUN = """
    import json
    def init():
        pass
    def run(raw):
        values = json.loads(raw)
        total = sum(values)
        return total
"""
PATIENCE_SECONDS = 60.0  # a debugger takes seconds to load where others compute
DEBUGPY_LINES = """
    import debugpy
    debugpy.listen(("127.0.0.1", {port}))
"""


@pytest.fixture
def serve(start_replica: StartReplica) -> StartReplica:
    """Start a replica and wait until it is ready, with patience."""
    return lambda *words, **options: start_replica(*words, wait=False, **options).wait_ready(PATIENCE_SECONDS)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Scoring(threading.Thread):
    """A request on its way."""

    def __init__(self, replica: RunningReplica, value: Any) -> None:
        super().__init__()
        self._replica = replica
        self._value = value
        self.answer: Any = None
        self.start()

    def run(self) -> None:
        self.answer = self._replica.score(self._value)

    def result(self) -> Any:
        self.join(30)
        return self.answer


def _line(script: Path, text: str) -> int:
    return 1 + next(n for n, line in enumerate(script.read_text().splitlines()) if text in line)


def _break_at(replica: RunningReplica, text: str) -> dict[str, list[int]]:
    return {str(replica.script): [_line(replica.script, text)]}


def test_the_walk_of_the_seeds(start_replica: StartReplica, port: int) -> None:
    script = SEEDS_LINES.format(port=port, wait=30) + RUN
    replica = start_replica(script, wait=False, scoring_timeout_ms=300, max_request_wait_time_ms=100)
    client = DapClient(port).attach(_break_at(replica, "return total"))
    replica.wait_ready(PATIENCE_SECONDS)
    assert "Debugger attached..." in replica.log()
    scoring = Scoring(replica, [1, 2, 3])
    thread = client.wait_stopped()
    waiting = Scoring(replica, [4])
    time.sleep(2.0)  # nearly seven times the deadline, and twenty times the wait limit
    assert client.variables(thread)["total"] == "6"
    assert client.evaluate(thread, "values[0] + 10") == "11"
    assert replica.ask("GET", "/readyz").status == replica.ask("GET", "/").status == 200
    assert replica.status()["workers"][0]["debugger"] == "attached"
    client.go_on(thread)
    assert (scoring.result().status, scoring.result().json) == (200, 6)
    client.go_on(client.wait_stopped())
    assert (waiting.result().status, waiting.result().json) == (200, 4)
    client.detach()
    assert [worker["name"] for worker in replica.status()["workers"]] == ["worker-1"]


def test_after_the_debugger_has_gone_a_request_has_its_deadline_again(serve: StartReplica, port: int) -> None:
    script = DEBUGPY_LINES.format(port=port) + RUN.replace("total = sum(values)", "import time; time.sleep(60)")
    replica = serve(script.replace("return total", "return 1"), scoring_timeout_ms=400)
    client = DapClient(port).attach(_break_at(replica, "time.sleep"))
    scoring = Scoring(replica, [1])
    client.wait_stopped()
    time.sleep(1.0)
    client.detach()  # which lets the script go on
    left = time.monotonic()
    answer = scoring.result()
    assert (answer.status, answer.json["code"]) == (504, "deadline-exceeded")
    assert time.monotonic() - left > 0.35
    assert "debugger: detached" in replica.log()


def test_the_lines_of_debugpy_itself_work_as_well(start_replica: StartReplica, port: int) -> None:
    script = DEBUGPY_LINES.format(port=port) + "    debugpy.wait_for_client()\n" + RUN
    replica = start_replica(script, wait=False)
    replica.wait_for(lambda: "debugger: waiting for one to attach" in replica.log(), PATIENCE_SECONDS)
    client = DapClient(port).attach(_break_at(replica, "return total"))
    replica.wait_ready(PATIENCE_SECONDS)
    scoring = Scoring(replica, [1, 1])
    client.go_on(client.wait_stopped())
    assert scoring.result().json == 2
    client.detach()


def test_while_a_debugger_is_attached_the_clock_of_init_stands_still(serve: StartReplica, tmp_path: Path) -> None:
    script = "import debugpy, time\ndebugpy.listen(0)\ndef init(): time.sleep(2.5)\ndef run(raw): return 1"
    replica = serve(script, init_timeout_seconds=1.0, program=_with_fake(tmp_path, attached=True))
    assert replica.status()["workers"][0]["name"] == "worker-1"


def test_waiting_for_ever_ends_with_the_time_limit_of_init_and_says_so(
    start_replica: StartReplica, tmp_path: Path
) -> None:
    script = "import debugpy, time\ndebugpy.listen(0)\ndebugpy.wait_for_client()"
    program = _with_fake(tmp_path, attached=False)
    replica = start_replica(script, wait=False, init_timeout_seconds=1.0, program=program)
    replica.wait_for(lambda: replica.status()["failure"] is not None, PATIENCE_SECONDS)
    assert replica.status()["failure"]["code"] == "init-timeout"
    assert "attach before that" in replica.status()["failure"]["remedy"]


def _with_fake(folder: Path, *, attached: bool) -> dict[str, Any]:
    """A debugpy that loads at once."""
    (folder / "debugpy.py").write_text(
        f"""
import time
def listen(endpoint): return endpoint
def connect(endpoint): return endpoint
def is_client_connected(): return {attached}
def trace_this_thread(should): print("not traced:", not should)
def wait_for_client(): time.sleep(60)
"""
    )
    return {"environment_variables": {"PYTHONPATH": str(folder)}}


def test_the_script_goes_on_when_nobody_attaches(serve: StartReplica, port: int) -> None:
    started = time.monotonic()
    replica = serve(SEEDS_LINES.format(port=port, wait=0.5) + RUN)
    assert time.monotonic() - started > 0.5
    assert replica.score([1, 2]).json == 3
    assert replica.status()["workers"][0]["debugger"] == "awaited"


def test_one_of_several_workers_has_the_port_and_the_others_serve(serve: StartReplica, port: int) -> None:
    # Each request takes its time, or one worker would answer two of the three, and the one with the port none.
    slow = RUN.replace("        return total", "        import time; time.sleep(1)\n        return total")
    replica = serve(SEEDS_LINES.format(port=port, wait=0.2) + slow, workers=3)
    states = sorted(worker["debugger"] for worker in replica.status()["workers"])
    assert states == ["awaited", "none", "none"]
    assert replica.log().count(f"another worker has port {port}") == 2
    client = DapClient(port).attach(_break_at(replica, "return total"))
    scorings = [Scoring(replica, [number]) for number in range(3)]
    thread = client.wait_stopped()
    deadline = time.monotonic() + 10
    while sum(each.answer is not None for each in scorings) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sum(each.answer is not None for each in scorings) == 2
    client.go_on(thread)
    assert sorted(each.result().json for each in scorings) == [0, 1, 2]
    client.detach()


def test_the_next_revision_takes_the_port_over(serve: StartReplica, port: int) -> None:
    replica = serve(DEBUGPY_LINES.format(port=port) + RUN)
    replica.apply()
    replica.wait_for(
        lambda: [(each["revision"], each["debugger"]) for each in replica.status()["workers"]] == [(2, "awaited")],
        PATIENCE_SECONDS,
    )
    client = DapClient(port).attach(_break_at(replica, "return total"))
    scoring = Scoring(replica, [5])
    client.go_on(client.wait_stopped())
    assert scoring.result().json == 5
    client.detach()


def test_a_port_that_a_stranger_has_does_not_keep_the_service_from_starting(serve: StartReplica) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        replica = serve(DEBUGPY_LINES.format(port=taken) + "    debugpy.wait_for_client()\n" + RUN)
    assert f"debugger: none can attach at 127.0.0.1:{taken}" in replica.log()


def test_nothing_of_a_debugger_is_left_when_the_service_has_ended(serve: StartReplica, port: int) -> None:
    replica = serve(DEBUGPY_LINES.format(port=port) + RUN)
    replica.end()
    replica.wait_for(lambda: _refuses(port), PATIENCE_SECONDS)


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_without_debugpy_the_old_lines_say_what_to_add(serve: StartReplica, tmp_path: Path) -> None:
    (tmp_path / "debugpy.py").write_text("raise ImportError('no debugpy in this environment')")
    program = {"environment_variables": {"PYTHONPATH": str(tmp_path)}}
    replica = serve(SEEDS_LINES.format(port=5678, wait=30) + RUN, program=program)
    assert replica.score([1]).json == 1
    assert "add 'debugpy' to its packages" in replica.log()
