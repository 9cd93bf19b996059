"""`make soak HOURS=n`: a service at 70 % load, reloaded each minute and updated every five: does anything grow?

Requests come in slices. Between two slices, when no client is connected and no operation under way, the service is
looked at. Exit code 1 where a request failed, or descriptors, threads or memory grew by 2 % or more.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.load import Target, closed_loop
from benchmarks.open_loop import Due, send_when_due
from benchmarks.processes import scratch_folder
from benchmarks.update import own_home

from stress.soak_samples import ProcessSample, Sample, compare, look_at, table

SCRIPT = Path(__file__).with_name("soak_script.py")
WORKERS = 2
LOAD = 0.70
WARM_UP_OPERATIONS = 3  # of each kind: what is imported or cached on first use is no growth
SETTLE_SECONDS = 10.0
SMALL = b'{"data": [[1, 2, 3], [4, 5, 6]]}'
MIDDLE = json.dumps({"data": [[number / 7 for number in range(350)]]}).encode()
LARGE = json.dumps({"data": [[number / 7 for number in range(16_000)]]}).encode()  # above 256 KiB: by descriptor
STREAM = b'{"stream": 20}'
MIX = (SMALL,) * 16 + (MIDDLE, MIDDLE, LARGE, STREAM)


@dataclass(frozen=True)
class Times:
    """How long everything takes, in seconds; a short soak does the same things at shorter distances."""

    whole: float
    slice: float
    reload: float
    update: float

    @classmethod
    def of(cls, hours: float) -> Times:
        """A reload each minute and an update every five, at least eight and four of them."""
        seconds = hours * 3600
        return cls(seconds, min(10.0, max(1.5, seconds / 40)), min(60.0, seconds / 8), min(300.0, seconds / 4))


@dataclass
class Soak:
    """The service under load, and what was seen of it."""

    service: Any
    folder: Path
    times: Times
    target: Target
    capacity_per_second: float
    statuses: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def run(self) -> None:
        """Warm up with a few operations of each kind, then slice after slice until the time is over."""
        for operation in ("reload", "update") * WARM_UP_OPERATIONS:
            self._slice(operation)
        began = last_reload = last_update = time.monotonic()
        while (now := time.monotonic()) - began < self.times.whole:
            operation = ""
            if now - last_update >= self.times.update:
                operation, last_update, last_reload = "update", now, now
            elif now - last_reload >= self.times.reload:
                operation, last_reload = "reload", now
            p99_ms = self._slice(operation)
            self.samples.append(self._look(time.monotonic() - began, p99_ms))
            say(f"{time.monotonic() - began:7.0f} s  {_line(self.samples[-1])}  {dict(self.statuses)} {operation}")

    def _slice(self, operation: str) -> float:
        changing = threading.Thread(target=self._change, args=(operation,)) if operation else None
        if changing:
            changing.start()
        try:
            rate = LOAD * self.capacity_per_second
            plan = [Due(n / rate, MIX[n % len(MIX)]) for n in range(int(rate * self.times.slice))]
            arrivals = send_when_due(self.target, plan)
        finally:
            if changing:
                changing.join()
        self.statuses.update(arrival.status for arrival in arrivals)
        latencies = sorted(arrival.latency_seconds for arrival in arrivals)
        return latencies[int(len(latencies) * 0.99)] * 1000

    def _change(self, operation: str) -> None:
        from modelport import InferenceConfig

        self.operations[operation] += 1
        with Path("score.py").open("a") as file:
            file.write(f"# {operation} {self.operations[operation]}\n")
        actions: dict[str, Callable[[], None]] = {
            "reload": self.service.reload,
            "update": lambda: self.service.update(inference_config=InferenceConfig("score.py")),
        }
        try:
            actions[operation]()
        except Exception as error:  # whatever it is, it belongs into the table
            self.failures.append(f"{operation}: {error}")

    def _look(self, seconds: float, p99_ms: float) -> Sample:
        server = int(json.loads((self.folder / "server.json").read_text())["pid"])
        deadline = time.monotonic() + SETTLE_SECONDS
        while len(workers := _children(server)) != WORKERS and time.monotonic() < deadline:
            time.sleep(0.05)  # old workers end when they have answered everything
        time.sleep(0.2)  # the ends of the clients' connections
        together = ProcessSample()
        for pid in workers:
            together = together.plus(look_at(pid))
        written = sum(path.stat().st_size for path in self.folder.iterdir() if path.suffix in (".log", ".jsonl"))
        return Sample(seconds, look_at(server), together, written, p99_ms)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _line(sample: Sample) -> str:
    server, workers = sample.server, sample.workers
    memory = f"{server.own_bytes / 1e6:.2f} + {workers.own_bytes / 1e6:.2f} MB"
    return f"descriptors {server.descriptors} + {workers.descriptors}, memory {memory}, p99 {sample.p99_ms:.0f} ms"


@contextmanager
def soaking(hours: float, scratch: Path) -> Iterator[Soak]:
    """Deploy the service and measure what it can do; it is deleted at the end."""
    from modelport import InferenceConfig, LocalWebservice, Model, Workspace

    shutil.copy(SCRIPT, scratch / "score.py")
    os.chdir(scratch)
    workspace = Workspace.create("soak", show_output=False)
    configuration = LocalWebservice.deploy_configuration(replicas=WORKERS)
    service = Model.deploy(workspace, "soak", [], InferenceConfig("score.py"), configuration)
    try:
        service.wait_for_deployment()
        target = Target(service.port, "/score", SMALL)
        capacity = closed_loop(target, 4, 3.0, scratch).per_second
        say(f"capacity {capacity:.0f} requests/s, load {LOAD * capacity:.0f} requests/s")
        (identity,) = Path(os.environ["MODELPORT_HOME"]).glob("workspaces/*/services/*/server.json")
        yield Soak(service, identity.parent, Times.of(hours), target, capacity)
    finally:
        service.delete()


def report(soak: Soak) -> int:
    """Print the table so far; the exit code."""
    rows = compare(soak.samples)
    failed = sum(count for status, count in soak.statuses.items() if status != 200)
    did = ", ".join(f"{count} {name}(s)" for name, count in soak.operations.items())
    print(f"\n{soak.statuses.total()} requests at 70 % of {soak.capacity_per_second:.0f}/s, {failed} failed; {did}\n")
    print(table(rows) if rows else "Too short to compare: fewer than four samples.")
    for failure in soak.failures:
        print(f"* failed: {failure}")
    return int(bool(failed or soak.failures) or not all(row.holds for row in rows))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def end_when_told() -> None:
    """Let Ctrl-C and its like end the soak with its table, in the background too, where shells switch SIGINT off."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak HOURS=…", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="how long; a fraction will do (default 1)")
    hours = parser.parse_args().hours
    if not 0 < hours < 10_000:
        parser.error(f"--hours is {hours:g}; it must be above 0")
    end_when_told()
    before = Path.cwd()
    with scratch_folder() as scratch, own_home():
        try:
            with soaking(hours, scratch) as soak:
                try:
                    soak.run()
                except KeyboardInterrupt:
                    say("\ninterrupted: the table so far")
                return report(soak)
        finally:
            os.chdir(before)


if __name__ == "__main__":
    sys.exit(main())
