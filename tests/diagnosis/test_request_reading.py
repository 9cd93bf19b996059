"""What the record and the log of a service tell of requests that failed."""

from __future__ import annotations

from modelport.diagnosis.request_reading import read_requests
from modelport.events import Event


def failed(request, code="run-failed"):
    return Event("request-failure", "failed", "text", request=request, code=code, time="2026-11-20T21:38:01Z")


def line(request, text):
    return f"2026-11-20T21:38:01.123Z worker-1 stderr {request} | {text}"


def test_last_request_comes_first_with_its_own_exception():
    lines = [
        line("1", '  File "/x/revisions/1/app/score.py", line 3, in run'),
        line("1", "    x"),
        line("1", "KeyError: 'a'"),
        line("2", "ValueError: no"),
    ]
    second, first = read_requests([failed("1"), failed("2")], lines)
    assert (second.id, str(second.raised)) == ("2", "ValueError: no")
    assert first.raised is not None
    assert (str(first.raised), first.raised.frames[0].file) == ("KeyError: 'a'", "score.py")


def test_requests_from_before_the_last_operation_are_forgotten():
    events = [failed("1"), Event("reload", "started"), failed("2")]
    assert [each.id for each in read_requests(events, [])] == ["2"]


def test_stack_of_a_worker_that_was_ended_is_read_from_the_outside_to_the_inside():
    told = ["Thread 0x7f (most recent call first):", '  File "q.py", line 9 in get', '  File "score.py", line 3 in run']
    (request,) = read_requests([failed("1", "deadline-exceeded")], [line("1", text) for text in told])
    assert [(frame.file, frame.line) for frame in request.stack] == [("score.py", 3), ("q.py", 9)]


def test_numbers_of_the_record_are_kept():
    event = Event("request-failure", "failed", "text", request="1", code="overloaded", data={"places": 2, "word": "x"})
    assert read_requests([event], [])[0].numbers == {"places": 2.0}
