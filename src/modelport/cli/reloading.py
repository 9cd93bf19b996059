"""Watches the folder of a script and gives the replica a new revision on each change of a Python file in it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelport.cli.failures import failure_text, in_foreground

if TYPE_CHECKING:
    from modelport.server.replica import Replica
    from modelport.server.rollout import Rollout

POLL_SECONDS = 0.3
FILES_WATCHED_MAX = 2000  # a look at more files than this would cost more than it is worth

Snapshot = dict[str, tuple[int, int]]


class Reloader:
    """Polls the folder of the replica's script; `say` prints one line."""

    def __init__(self, replica: Replica, say: Callable[[str], None]) -> None:
        self._replica = replica
        self._say = say
        self._folder = Path(replica.manifest.program.app_directory)
        self._seen = snapshot(self._folder)

    async def watch(self) -> None:
        """Apply each change, once what is under way has ended, until cancelled."""
        await self._outcome()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            present = snapshot(self._folder)
            if present == self._seen:
                continue
            changed = changed_names(self._seen, present)
            self._seen = present
            await self._reload(changed)

    async def _reload(self, changed: list[str]) -> None:
        lifecycle = self._replica.lifecycle
        if lifecycle.draining:
            return
        number = (lifecycle.rollout.manifest.revision if lifecycle.rollout else 0) + 1
        shown = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        self._say(f"Changed: {shown}; loading the script anew (revision {number})")
        await self._replica.apply(replace(self._replica.manifest, revision=number))
        await self._outcome()

    async def _outcome(self) -> None:
        """Wait until it is known whether the newest revision serves, and say so."""
        rollout = self._replica.lifecycle.rollout
        while rollout is None or rollout.succeeded is None:
            await asyncio.sleep(0.02)
            rollout = self._replica.lifecycle.rollout
        self._say(outcome_text(rollout, still_serving=self._replica.lifecycle.was_ready))


def outcome_text(rollout: Rollout, *, still_serving: bool) -> str:
    """How a revision ended, in words."""
    number = rollout.manifest.revision
    if rollout.succeeded:
        return f"Revision {number} serves"
    failure, program = rollout.failure, rollout.manifest.program
    words = failure_text(in_foreground(failure, program)).rstrip() if failure else "It did not become ready."
    then = "the revision before it goes on serving" if still_serving else "nothing serves yet"
    return f"{words}\nRevision {number} failed; {then}. Change a file to try again."


def snapshot(folder: Path) -> Snapshot:
    """When each Python file was changed last, and its size."""
    found: Snapshot = {}
    for path in _python_files(folder):
        try:
            stat = path.stat()
        except OSError:
            continue  # an editor has just replaced it; the next look sees the new one
        found[path.relative_to(folder).as_posix()] = (stat.st_mtime_ns, stat.st_size)
        if len(found) >= FILES_WATCHED_MAX:
            break
    return found


def _python_files(folder: Path) -> Iterator[Path]:
    """Python files at any depth, without hidden folders, caches and virtual environments."""
    for directory, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")) and name != "node_modules")
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        yield from (Path(directory, name) for name in sorted(files) if name.endswith(".py"))


def changed_names(before: Snapshot, after: Snapshot) -> list[str]:
    """The files that are new, gone or different.

    >>> changed_names({"a.py": (1, 1), "b.py": (1, 1)}, {"a.py": (2, 1), "c.py": (1, 1)})
    ['a.py', 'b.py', 'c.py']
    """
    return sorted({name for name, _ in before.items() ^ after.items()})
