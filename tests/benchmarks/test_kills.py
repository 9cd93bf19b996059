"""What each kill cost is told apart: a request lost with its cause, a broken connection, any other failure."""

from __future__ import annotations

import json


def test_losses_are_counted_for_each_kill_and_apart_from_what_must_not_happen():
    from benchmarks.kills import judge
    from benchmarks.open_loop import Arrival

    died = json.dumps({"code": "worker-died", "detail": "signal 9 (SIGKILL): killed"}).encode()
    nameless = json.dumps({"code": "worker-died", "detail": "an unknown end"}).encode()
    arrivals = [
        Arrival(0.9, 200, 0.02),
        Arrival(1.0, 502, 0.02, body=died),
        Arrival(1.01, 502, 0.02, body=died),
        Arrival(3.0, 502, 0.02, body=nameless),
        Arrival(3.01, 0, 0.02),
        Arrival(3.02, 503, 0.5),
    ]
    found = judge(arrivals, [1.0, 3.0], (0.3, 0.4), init_seconds=0.1)
    assert (found.lost, found.most_lost_at_once, found.broken, found.other_failures) == (2, 2, 1, 2)
    assert round(found.slowest_over_init, 6) == 0.3


def test_retry_after_is_looked_for_in_the_head():
    from benchmarks.open_loop import Arrival
    from benchmarks.overload import has_retry_after

    assert has_retry_after(Arrival(0.0, 503, 0.5, b"http/1.1 503 x\r\nretry-after: 2\r\n\r\n"))
    assert not has_retry_after(Arrival(0.0, 503, 0.5, b"http/1.1 503 x\r\nretry-after: soon\r\n\r\n"))
    assert not has_retry_after(Arrival(0.0, 503, 0.5, b"http/1.1 503 x\r\ncontent-length: 0\r\n\r\n"))
