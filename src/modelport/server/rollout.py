"""A set of workers on its way to become the active one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from modelport.manifest import Manifest
from modelport.server.worker_process import READY, STARTING, Failure, Worker


@dataclass
class Rollout:
    """A set of workers on its way to become the active one. `succeeded` is None while it is under way."""

    manifest: Manifest
    workers: list[Worker] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    succeeded: bool | None = None
    failure: Failure | None = None
    timer: asyncio.TimerHandle | None = None

    def to_dict(self) -> dict[str, Any]:
        """The rollout as JSON-ready words."""
        words = {True: "succeeded", False: "failed", None: "running"}[self.succeeded]
        return {
            "operation": self.manifest.operation,
            "revision": self.manifest.revision,
            "state": words,
            "failure": self.failure.to_dict() if self.failure else None,
        }

    def stop_clock(self) -> None:
        """The time limit of init() does not matter any more."""
        if self.timer is not None:
            self.timer.cancel()

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self.started

    @property
    def under_way(self) -> bool:
        """Whether it is not decided yet."""
        return self.succeeded is None

    def all_ready(self) -> bool:
        """Whether every worker has finished init()."""
        return all(worker.state == READY for worker in self.workers)

    def expire(self) -> None:
        """Kill the workers whose init() takes longer than its limit."""
        seconds = self.manifest.limits.init_timeout_seconds
        for worker in self.workers:
            if worker.state == STARTING:
                worker.failure = Failure(
                    "init-timeout",
                    f"init() was not done after {seconds:g} s (init_timeout_seconds).",
                    "Load less in init(), or raise init_timeout_seconds. The log shows how far it came.",
                )
                worker.kill(f"init() was not done after {seconds:g} s")

    def kill_workers(self, reason: str) -> None:
        """Kill every worker of the set that still lives."""
        for worker in self.workers:
            if worker.exit is None:
                worker.kill(reason)
