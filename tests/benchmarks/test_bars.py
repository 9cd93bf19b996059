"""Bars are judged on ratios within a round."""

from __future__ import annotations

import pytest


@pytest.fixture
def results():
    from benchmarks.results import Results

    return Results()


def measured(per_second):
    from benchmarks.load import Rate
    from benchmarks.measure import Throughput

    return Throughput(Rate(round(per_second), 0, 1.0, 1.0, 2.0), 3.0, 150_000_000)


def test_ratio_is_the_median_of_rounds_that_both_finished(results):
    results.throughput["azureml", "W1"] = {1: measured(100), 2: measured(200), 3: measured(50)}
    results.throughput["modelport", "W1"] = {1: measured(1000), 3: measured(1000)}
    assert results.ratio("modelport", "W1", "azureml") == 15.0


def test_ratio_of_what_was_not_measured_is_none(results):
    assert results.ratio("modelport", "W1", "azureml") is None


def test_binary_is_compared_with_json(results):
    results.throughput["azureml", "W4"] = {1: measured(100)}
    results.throughput["modelport", "W4b"] = {1: measured(1500)}
    assert results.ratio("modelport", "W4b", "azureml") == 15.0


def test_bars_fail_and_hold(results):
    from benchmarks.bars import judge

    results.throughput["azureml", "W1"] = {1: measured(100)}
    results.throughput["fastapi-async", "W1"] = {1: measured(1000)}
    results.throughput["modelport", "W1"] = {1: measured(1300)}
    seen = {bar.what: bar.holds for bar in judge(results)}
    assert seen == {
        "W1 against azureml-inference-server-http": True,
        "W1 against FastAPI `async def` direct": False,
    }


def test_a_late_504_and_a_failed_health_check_break_bars(results):
    from benchmarks.bars import judge
    from benchmarks.hang import Hang

    results.hang["modelport"] = Hang(504, 1.6, 70, 1, 70, 0, True)
    broken = [bar.what for bar in judge(results) if not bar.holds]
    assert broken == ["hang: distance from the deadline, s", "hang: health checks that failed"]


def test_unknown_parts_are_refused(capsys):
    from benchmarks.__main__ import read_arguments

    with pytest.raises(SystemExit):
        read_arguments(["--only", "W9"])
    assert "'W9' is not one of W1, W2" in capsys.readouterr().err


def test_report_leaves_out_what_was_not_measured(results):
    from benchmarks.contenders import CORE
    from benchmarks.report import markdown

    results.throughput["azureml", "W1"] = {1: measured(100)}
    text = markdown(results, CORE, [])
    assert "| azureml-inference-server-http (in gunicorn's sync worker) | 1.00 | - |" in text
    assert "hangs" not in text


def test_each_thing_that_a_killed_server_must_not_cost_is_a_bar(results):
    from benchmarks.bars import judge
    from benchmarks.server_kills import ServerKill, ServerKills

    good = ServerKill(0.01, told=True, answering_seconds=1.5, failed_afterwards=0)
    bad = ServerKill(1.5, told=False, answering_seconds=3.0, failed_afterwards=1)
    results.server_kills = ServerKills((good, bad), 1.0)
    assert [bar.holds for bar in judge(results)] == [False] * 4
    results.server_kills = ServerKills((good,), 1.0)
    assert [bar.holds for bar in judge(results)] == [True] * 4
