"""Ten updates of a service that is asked a hundred times a second: how many requests does that cost?"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Target
from benchmarks.open_loop import Arrival, open_loop
from benchmarks.processes import scratch_folder
from benchmarks.workloads import WORKLOADS

UPDATES = 10
PER_SECOND = 100
SECONDS_OF_EACH = 4.0


@dataclass(frozen=True)
class Updates:
    """What the crowd saw: requests in all, those not answered with 200, the slowest; and the updates' own times."""

    requests: int
    failed: int
    slowest_ms: float
    update_seconds: tuple[float, ...]


def updates() -> Updates:
    """Deploy the scikit-learn workload with every limit at its default, and update it under the crowd's eyes."""
    with scratch_folder() as scratch, own_home(), _service(scratch) as service:
        target = Target(service.port, "/score", WORKLOADS["W2"].make_body())
        arrivals: list[Arrival] = []
        seconds: list[float] = []
        for _ in range(UPDATES):
            changing = threading.Thread(target=lambda: seconds.append(_update(service)))
            changing.start()
            arrivals += open_loop(target, PER_SECOND, SECONDS_OF_EACH)
            changing.join()
    slowest = max(arrival.latency_seconds for arrival in arrivals) * 1000
    failed = sum(arrival.status != 200 for arrival in arrivals)
    return Updates(len(arrivals), failed, slowest, tuple(seconds))


def _update(service) -> float:
    from modelport import InferenceConfig

    time.sleep(0.5)
    started = time.monotonic()
    service.update(inference_config=InferenceConfig("score.py"))
    return time.monotonic() - started


@contextmanager
def own_home() -> Iterator[None]:
    """A home of its own; sockets in a short folder, because their path has 108 bytes."""
    home, runtime = tempfile.mkdtemp(prefix="mp-home-"), tempfile.mkdtemp(prefix="mp-")
    before = dict(os.environ)
    os.environ.update(MODELPORT_HOME=home, MODELPORT_RUNTIME_DIR=runtime)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)


@contextmanager
def _service(folder: Path) -> Iterator:
    from modelport import InferenceConfig, LocalWebservice, Model, Workspace

    shutil.copy(WORKLOADS["W2"].script, folder / "score.py")
    before = Path.cwd()
    os.chdir(folder)
    try:
        workspace = Workspace.create("updates", show_output=False)
        service = Model.deploy(
            workspace, "updates", [], InferenceConfig("score.py"), LocalWebservice.deploy_configuration()
        )
        try:
            service.wait_for_deployment()
            yield service
        finally:
            service.delete()
    finally:
        os.chdir(before)
