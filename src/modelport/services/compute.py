"""The compute targets of a workspace: names for the clusters that services may run on, each a kubeconfig context.

    compute.json   name -> what is recorded of it; no credentials, which stay in the kubeconfig
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from modelport.errors import StorageError, nearest
from modelport.naming import COMPUTE
from modelport.storage.files import locked, storage_failures, write_durably
from modelport.v1_kinds import ComputeNotFoundError


@dataclass(frozen=True)
class ComputeRecord:
    """One cluster by name: the `context` that reaches it, whether it was attached or "created", and v1's words for it
    (`details`), which change nothing."""

    name: str
    context: str
    is_attached: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)
    created_at: str = ""


class ComputeStore:
    """The compute targets that are recorded in one workspace, whose folder is `directory`."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "compute.json"

    def all(self) -> dict[str, ComputeRecord]:
        """Every compute target, by name; raises `StorageError` (`compute-damaged`)."""
        with storage_failures(self._path):
            if not self._path.exists():
                return {}
            data = self._path.read_bytes()
        try:
            return {name: ComputeRecord(**words) for name, words in json.loads(data).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise StorageError(
                "compute-damaged",
                f"The compute targets in '{self._path}' cannot be read ({type(error).__name__}).",
                f"Remove the file and attach the clusters again: rm '{self._path}'",
            ) from error

    def get(self, name: str) -> ComputeRecord:
        """One compute target; raises `NotFoundError` (`compute-not-found`)."""
        known = self.all()
        if name in known:
            return known[name]
        raise ComputeNotFoundError(
            "compute-not-found",
            f"There is no compute target {name!r} in this workspace. {nearest(str(name), known)}".rstrip(),
            "Name a context of your kubeconfig: ComputeTarget.attach(ws, 'NAME', "
            "AksCompute.attach_configuration(resource_group='any', cluster_name='CONTEXT'))",
        )

    def put(self, name: str, context: str, details: Mapping[str, Any], *, is_attached: bool) -> ComputeRecord:
        """Record a compute target, in place of one of that name; raises `UserError` (`name-invalid`)."""
        COMPUTE.check(name)
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        record = ComputeRecord(name, context, is_attached, dict(details), now)
        with self._changing() as known:
            known[name] = record
        return record

    def remove(self, name: str) -> None:
        """Forget a compute target; nothing happens to its cluster. Gone already is no error."""
        with self._changing() as known:
            known.pop(name, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ComputeRecord]]:
        """The compute targets, alone with them; written when the block ends well."""
        with locked(self._path.with_name(".compute.lock")):
            known = self.all()
            yield known
            words = {name: asdict(record) for name, record in sorted(known.items())}
            write_durably(self._path, json.dumps(words, indent=2).encode() + b"\n")
