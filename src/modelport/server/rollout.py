"""A set of workers on its way to become the active one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from modelport.manifest import Manifest
from modelport.server.worker_process import READY, Failure, Worker


@dataclass
class Rollout:
    """A set of workers on its way to become the active one. `succeeded` is None while it is under way."""

    manifest: Manifest
    workers: list[Worker] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    succeeded: bool | None = None
    failure: Failure | None = None

    def to_dict(self) -> dict[str, Any]:
        """The rollout as JSON-ready words."""
        words = {True: "succeeded", False: "failed", None: "running"}[self.succeeded]
        return {
            "operation": self.manifest.operation,
            "revision": self.manifest.revision,
            "state": words,
            "failure": self.failure.to_dict() if self.failure else None,
        }

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

    def kill_workers(self, reason: str) -> None:
        """Kill every worker of the set that still lives."""
        for worker in self.workers:
            if worker.exit is None:
                worker.kill(reason)
