"""The load, sent to a real HTTP server of the standard library."""

from __future__ import annotations

import http.server
import os
import threading
import time

import pytest

from modelport.errors import ScoringError
from modelport.measuring.measurement import Load, measure
from modelport.measuring.open_loop import Scoring, evenly, send_in_turn, send_when_due


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the body, after as many seconds as it says, with the status that it says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, _, seconds = body.partition(b" ")
        time.sleep(float(seconds or 0))
        self.send_response(int(status))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-ms-run-fn-exec-ms", "5.0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join(30)
    server.server_close()


def test_requests_are_sent_when_they_are_due_whatever_the_answers(port):
    plan = evenly([b"200 0.5"], 20, 0.5)
    arrivals = send_when_due(Scoring(port), plan)
    assert [arrival.due_seconds for arrival in arrivals] == [due.seconds for due in plan]
    assert all(arrival.status == 200 for arrival in arrivals)
    assert all(arrival.latency_seconds >= 0.5 for arrival in arrivals)


def test_a_request_without_an_answer_has_no_status(port):
    (arrival,) = send_when_due(Scoring(port), evenly([b"200 2"], 1, 1), patience_seconds=0.2)
    assert (arrival.status, arrival.body) == (0, b"")


def test_a_server_that_is_not_there_gives_no_status():
    (arrival,) = send_in_turn(Scoring(1), [b"200"], 0.0)
    assert arrival.status == 0


def test_in_turn_each_body_is_sent_once_at_least(port):
    arrivals = send_in_turn(Scoring(port), [b"200", b"503", b"200 0.1"], 0.0)
    assert [arrival.body for arrival in arrivals] == [b"200", b"503", b"200 0.1"]


def test_in_turn_it_begins_again_until_the_time_is_over(port):
    assert len(send_in_turn(Scoring(port), [b"200"], 0.2)) > 1


def test_what_run_took_is_what_the_answer_says(port):
    (arrival,) = send_in_turn(Scoring(port), [b"200"], 0.0)
    assert arrival.run_seconds == pytest.approx(0.005)


def test_a_service_is_measured_under_the_load_that_is_asked_for(port):
    measured = measure(Scoring(port), os.getpid(), Load([b"200"], seconds=0.5, per_second=20))
    assert (measured.figures.total, measured.asked_per_second) == (10, 20)
    assert measured.service_times.mean_seconds == pytest.approx(0.005)


def test_a_service_that_answers_nothing_well_is_not_measured(port):
    with pytest.raises(ScoringError) as caught:
        measure(Scoring(port), os.getpid(), Load([b"502"], seconds=0.1))
    assert caught.value.code == "profile-no-answer"
    assert caught.value.status == 502


@pytest.mark.parametrize("per_second", [49, 49 / 1024])
def test_as_long_as_one_request_takes_is_long_enough_for_one(per_second):
    assert len(evenly([b"200"], per_second, 1 / per_second)) == 1
