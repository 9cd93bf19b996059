"""Reads memory facts of this process's control group, version 1 and version 2, where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_UNLIMITED_FROM_BYTES = 1 << 60  # version 1 writes "no limit" as a number near 2^63


@dataclass(frozen=True)
class MemoryFacts:
    """Limit and peak in bytes (None: unknown or unlimited) and how often the kernel killed for memory."""

    limit_bytes: int | None = None
    peak_bytes: int | None = None
    kills: int | None = None

    @property
    def words(self) -> str:
        """How much was used of how much; empty where neither is known.

        >>> MemoryFacts(limit_bytes=512 * 2**20, peak_bytes=510 * 2**20).words
        'at most 510 MB were used of a limit of 512 MB'
        """
        peak = f"at most {self.peak_bytes >> 20} MB were used" if self.peak_bytes else ""
        limit = f"a limit of {self.limit_bytes >> 20} MB" if self.limit_bytes else ""
        return f"{peak} of {limit}" if peak and limit else peak or limit


def memory_facts(membership: str | None = None, root: Path = _ROOT) -> MemoryFacts:
    """The facts of the group that `membership` (the text of /proc/self/cgroup) names, under `root`."""
    text = _text(Path("/proc/self/cgroup")) if membership is None else membership
    for line in (text or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if "memory" in controllers.split(","):
            return _version1(_folder(root / "memory", path, "memory.limit_in_bytes"))
        if controllers == "":
            folder = _folder(root, path, "memory.events")
            if (folder / "memory.events").exists():
                return _version2(folder)
    return MemoryFacts()


def _folder(root: Path, path: str, probe: str) -> Path:
    """The group's folder; inside a container the path is the host's, and the group itself is mounted at the root."""
    inner = root / path.lstrip("/")
    return inner if (inner / probe).exists() else root


def _version1(folder: Path) -> MemoryFacts:
    control = dict(line.split() for line in (_text(folder / "memory.oom_control") or "").splitlines())
    kills = control.get("oom_kill")
    return MemoryFacts(
        _limited(_text(folder / "memory.limit_in_bytes")),
        _number(_text(folder / "memory.max_usage_in_bytes")),
        None if kills is None else int(kills),
    )


def _version2(folder: Path) -> MemoryFacts:
    events = dict(line.split() for line in (_text(folder / "memory.events") or "").splitlines())
    kills = events.get("oom_kill")
    return MemoryFacts(
        _limited(_text(folder / "memory.max")),
        _number(_text(folder / "memory.peak")),
        None if kills is None else int(kills),
    )


def _limited(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None or number >= _UNLIMITED_FROM_BYTES else number


def _number(text: str | None) -> int | None:
    word = (text or "").strip()
    return int(word) if word.isdigit() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None
