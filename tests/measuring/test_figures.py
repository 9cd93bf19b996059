"""Figures and recommendations from what was measured."""

from __future__ import annotations

import pytest

from modelport.measuring.figures import Advice, figures_of, percentile, recommended, service_times_of
from modelport.measuring.open_loop import Arrival
from modelport.measuring.usage import Usage, steepest

GB = 1024**3


def answered(seconds: float, status: int = 200, due: float = 0.0, run_ms: str = "") -> Arrival:
    head = f"http/1.1 {status}\r\nx-ms-run-fn-exec-ms: {run_ms}\r\n\r\n".encode() if run_ms else b""
    return Arrival(due, status, seconds, head)


def test_latencies_are_those_of_good_answers():
    figures = figures_of([answered(0.1), answered(0.3), answered(9.0, 503)])
    assert figures.latencies.mean == pytest.approx(0.2)
    assert (figures.total, figures.succeeded, round(figures.success_rate, 1)) == (3, 2, 66.7)


def test_answers_each_second_count_until_the_last_good_one():
    figures = figures_of([answered(0.5, due=0.0), answered(1.0, due=3.0)])
    assert figures.per_second == pytest.approx(0.5)


def test_a_load_without_an_answer_has_figures():
    figures = figures_of([answered(0.1, 503)])
    assert (figures.succeeded, figures.per_second, figures.latencies.percentile_99) == (0, 0.0, 0.0)


def test_no_request_has_no_success_rate():
    assert figures_of([]).success_rate == 0.0


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.9, 90), (0.99, 99), (0.999, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int):
    assert percentile(range(1, 101), share) == value


def test_the_service_time_is_what_the_service_says_of_run():
    times = service_times_of([answered(0.5, run_ms="100.0"), answered(0.6, run_ms="300.0"), answered(9.0, 502)])
    assert times.mean_seconds == pytest.approx(0.2)
    assert times.variation == pytest.approx(0.25)


def test_the_latency_stands_for_the_service_time_where_nothing_is_said():
    assert service_times_of([answered(0.5)]).mean_seconds == 0.5


def test_no_good_answer_has_no_service_time():
    assert service_times_of([answered(0.5, 502)]).mean_seconds == 0.0


def test_a_fifth_is_recommended_beyond_what_was_used():
    alone, loaded = Usage(10, 5.0, memory_bytes_max=GB), Usage(10, 3.0, 0.4, 2 * GB)
    assert recommended(alone, loaded) == Advice(0.6, 2.4)


def test_a_service_that_does_nothing_is_given_something():
    assert recommended(Usage(10, 0.0), Usage(10, 0.0)) == Advice(0.1, 0.1)


def test_what_was_starved_is_recommended_what_it_would_have_used():
    assert recommended(Usage(10, 2.0, starved_seconds=8.0), Usage()).cpu_cores == 1.2


def test_the_steepest_second_of_a_curve_is_found():
    assert steepest([(0.0, 0.0), (0.5, 0.0), (1.0, 1.0), (1.5, 1.5), (2.0, 1.5)]) == pytest.approx(1.5)


def test_a_curve_shorter_than_a_second_counts_as_a_whole():
    assert steepest([(0.0, 0.0), (0.25, 0.1), (0.5, 0.4)]) == pytest.approx(0.8)
