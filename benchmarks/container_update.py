"""Five updates of a service in a container that is asked a hundred times a second: how many requests does that cost?"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.image_engine import bench_engine
from benchmarks.load import Target
from benchmarks.open_loop import Arrival, open_loop
from benchmarks.processes import scratch_folder
from benchmarks.update import PER_SECOND, Updates, own_home
from benchmarks.workloads import WORKLOADS

UPDATES = 5
SECONDS_OF_EACH = 8.0


def container_updates() -> Updates:
    """Deploy the workload without packages to a container of one core, and update it under the crowd's eyes."""
    with scratch_folder() as scratch, own_home(), bench_engine() as bench, _service(scratch, bench.base) as service:
        target = Target(int(service.scoring_uri.split(":")[2].split("/")[0]), "/score", WORKLOADS["W1"].make_body())
        arrivals: list[Arrival] = []
        seconds: list[float] = []
        for number in range(UPDATES):
            changing = threading.Thread(target=lambda n=number: seconds.append(_update(service, n)))
            changing.start()
            arrivals += open_loop(target, PER_SECOND, SECONDS_OF_EACH)
            changing.join()
    slowest = max(arrival.latency_seconds for arrival in arrivals) * 1000
    failed = sum(arrival.status != 200 for arrival in arrivals)
    return Updates(len(arrivals), failed, slowest, tuple(seconds))


def _update(service, number: int) -> float:
    """Change the script, so that an image is built, and roll it out."""
    from modelport import InferenceConfig

    with open("score.py", "a") as script:
        script.write(f"\n# {number} {time.time()}\n")
    time.sleep(0.5)
    started = time.monotonic()
    service.update(inference_config=InferenceConfig("score.py"))
    return time.monotonic() - started


@contextmanager
def _service(folder: Path, base: str) -> Iterator:
    from modelport import ContainerWebservice, InferenceConfig, Model, Workspace
    from modelport.sdk.arguments import opened

    shutil.copy(WORKLOADS["W1"].script, folder / "score.py")
    before = Path.cwd()
    os.chdir(folder)
    os.environ["MODELPORT_BASE_IMAGE"] = base.replace("3.11", "{python}")
    try:
        workspace = Workspace.create("container-updates", show_output=False)
        config = ContainerWebservice.deploy_configuration(cpu_cores=1, memory_gb=0.5)
        service = Model.deploy(workspace, "updates", [], InferenceConfig("score.py"), config)
        try:
            service.wait_for_deployment()
            yield service
        finally:
            service.delete()
            opened(workspace).images.forget_all()
    finally:
        os.chdir(before)
