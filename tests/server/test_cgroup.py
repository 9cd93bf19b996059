"""Memory facts of a control group, both versions, from folders laid out as the kernel lays them out."""

from __future__ import annotations

from pathlib import Path

from modelport.server.cgroup import MemoryFacts, memory_facts


def lay_out(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def test_reads_version_1(tmp_path: Path) -> None:
    files = {
        "memory.limit_in_bytes": "1000000\n",
        "memory.max_usage_in_bytes": "900000\n",
        "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    }
    lay_out(tmp_path / "memory" / "docker" / "abc", files)
    facts = memory_facts("9:pids:/x\n4:memory:/docker/abc\n", tmp_path)
    assert facts == MemoryFacts(1_000_000, 900_000, 2)


def test_reads_version_1_mounted_at_the_root_inside_a_container(tmp_path: Path) -> None:
    lay_out(tmp_path / "memory", {"memory.limit_in_bytes": "9223372036854771712\n"})
    assert memory_facts("4:memory:/docker/abc\n", tmp_path) == MemoryFacts(None, None, None)


def test_reads_version_2(tmp_path: Path) -> None:
    files = {"memory.max": "max\n", "memory.peak": "5000\n", "memory.events": "low 0\noom 1\noom_kill 1\n"}
    lay_out(tmp_path / "user.slice", files)
    assert memory_facts("0::/user.slice\n", tmp_path) == MemoryFacts(None, 5000, 1)


def test_knows_nothing_where_there_is_no_group(tmp_path: Path) -> None:
    assert memory_facts("", tmp_path) == MemoryFacts()
