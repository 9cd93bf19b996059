"""What images cost is judged: each thing that a bar names breaks that bar and no other."""

from __future__ import annotations

from typing import Any

import pytest


def measured(
    script: float = 1.2, script_bytes: int = 600, model: tuple[str, ...] = ("model",), nothing: float = 0.2,
    peer: float = 30.0, size: int = 520_000_000, differ: tuple[str, ...] = (), second: int = 20_000,
) -> Any:  # fmt: skip
    from benchmarks.image_peers import FirstBuild
    from benchmarks.images import OURS, Change, Images, Pushes, Rebuilds

    changes = [Change((script,), {"code": script_bytes}), Change((2.0,), dict.fromkeys(model, 1_000_000))]
    changes += [Change((nothing,), {})] * 2
    builds = [FirstBuild(OURS, 10.0, 0.0, size, 240_000_000), FirstBuild("a peer", peer, 3.0, 10**9, 5 * 10**8)]
    return Images(
        [Rebuilds("buildkit", 9.0, *changes)], builds, {"another": "no such program"}, 270_000_000, 210_000_000,
        list(differ), Pushes(10**8, second), "cost",
    )  # fmt: skip


def judged(found: Any) -> list[str]:
    from benchmarks.bars import judge
    from benchmarks.results import Results

    return [bar.what for bar in judge(Results(images=found)) if not bar.holds]


def test_good_images_break_no_bar() -> None:
    assert judged(measured()) == []


@pytest.mark.parametrize(
    ("worse", "bar"),
    [
        ({"script": 3.1}, "rebuild after a changed script, s"),
        ({"script_bytes": 200_000}, "new layers after a changed script, kB"),
        ({"model": ("model", "settings")}, "new layers after a new model"),
        ({"nothing": 0.6}, "nothing changed, s"),
        ({"peer": 9.0}, "a peer over ours, times"),
        ({"size": 550_000_000}, "beside base and packages (with byte code), MB"),
        ({"differ": ("Dockerfile",)}, "files that differ"),
        ({"second": 200_000}, "push after a changed script, kB sent"),
    ],
)
def test_each_bar_is_broken_by_what_it_names(worse: dict[str, Any], bar: str) -> None:
    assert [what for what in judged(measured(**worse)) if what.endswith(bar)] == judged(measured(**worse))
    assert len(judged(measured(**worse))) == 1


def test_the_report_has_the_tables_and_what_a_peer_said() -> None:
    from benchmarks.contenders import CORE
    from benchmarks.report import markdown
    from benchmarks.results import Results

    text = markdown(Results(images=measured()), CORE, [])
    assert "| Modelport | 10.00 | 0.00 | 520 MB | 240 MB | 280 MB |" in text
    assert "| another | did not run: no such program |" in text
    assert "| buildkit | 9.00 | 1.20 to 1.20 s | code 0.60 kB |" in text
