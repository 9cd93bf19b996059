"""The scoring path: what a client sends, what it gets, and the headers that v1 clients read."""

from __future__ import annotations

import json
import re
import threading

from tests.server.conftest import StartReplica


def test_answers_with_the_json_of_what_run_returned(start_replica: StartReplica) -> None:
    answer = start_replica().score({"data": [[1, 2]]})
    assert (answer.status, answer.json) == (200, {"data": [[1, 2]]})
    assert answer.headers["content-type"] == "application/json"


def test_keeps_the_double_encoding_that_v1_clients_decode(start_replica: StartReplica) -> None:
    replica = start_replica("import json\ndef init(): pass\ndef run(raw): return json.dumps({'a': 1})")
    assert replica.score({}).json == '{"a": 1}'


def test_carries_the_headers_of_v1(start_replica: StartReplica) -> None:
    answer = start_replica().score([1], x_request_id="mine-1", x_ms_client_request_id="client-1")
    assert answer.headers["x-request-id"] == answer.headers["x-ms-request-id"] == "mine-1"
    assert answer.headers["x-ms-client-request-id"] == "client-1"
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) > 0
    assert re.match(r"queue;dur=[\d.]+, run;dur=[\d.]+$", answer.headers["server-timing"])


def test_makes_a_request_id_where_none_came(start_replica: StartReplica) -> None:
    replica = start_replica()
    first, second = (replica.score([1]).headers["x-request-id"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first)
    assert first != second


def test_turns_a_query_into_json_as_v1_does(start_replica: StartReplica) -> None:
    answer = start_replica().ask("GET", "/score?a=1&b=x&b=2")
    assert answer.json == {"a": 1, "b": ["x", 2]}


def test_answers_502_when_run_raises_and_keeps_the_traceback_for_the_log(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw): raise ValueError('secret text')")
    answer = replica.score([1], x_request_id="failing-1")
    assert (answer.status, answer.json["code"]) == (502, "run-failed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert answer.json["request_id"] == "failing-1"
    assert b"secret text" not in answer.body
    replica.wait_for(lambda: "secret text" in replica.log())
    assert "score.py\", line 2, in run" in replica.log()
    replica.wait_for(
        lambda: any(event.kind == "request-failure" and event.code == "run-failed" for event in replica.events())
    )


def test_shows_the_exception_to_the_client_in_debug_mode(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw): raise ValueError('the text')", debug=True)
    assert "the text" in replica.score([1]).json["detail"]


def test_puts_the_request_id_before_each_line_that_user_code_prints(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): print('from init')\ndef run(raw): print('from run'); return 1")
    replica.score([1], x_request_id="printing-1")
    replica.wait_for(lambda: "from run" in replica.log())
    lines = replica.log().splitlines()
    assert any(re.search(r"worker-1 stdout printing-1 \| from run$", line) for line in lines)
    assert any(re.search(r"worker-1 stdout - \| from init$", line) for line in lines)


def test_keeps_one_connection_for_many_requests(start_replica: StartReplica) -> None:
    replica = start_replica()
    request = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 3\r\n%s\r\n[1]"
    received = replica.raw(request % b"" * 3 + request % b"connection: close\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 4
    assert received.count(b"connection: close") == 1


def test_answers_pipelined_requests_in_their_order(start_replica: StartReplica) -> None:
    script = """
        import json, time
        def init(): pass
        def run(raw):
            wish = json.loads(raw)
            time.sleep(wish["t"])
            return wish["n"]
    """
    replica = start_replica(script, workers=2)
    bodies = [json.dumps({"n": n, "t": t}).encode() for n, t in ((1, 0.2), (2, 0.0), (3, 0.0))]
    last = [b"", b"", b"connection: close\r\n"]
    data = b"".join(
        b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n%s\r\n%s" % (len(body), close, body)
        for body, close in zip(bodies, last, strict=True)
    )
    received = replica.raw(data)
    assert re.findall(rb"\r\n\r\n(\d)", received) == [b"1", b"2", b"3"]


def test_passes_a_body_of_three_megabytes_through_a_file(start_replica: StartReplica) -> None:
    replica = start_replica("import json\ndef init(): pass\ndef run(raw): return [len(raw), raw[:3], raw[-3:]]")
    body = b"abc" + b"x" * 3_000_000 + b"xyz"
    answer = replica.ask("POST", "/score", body, content_type="text/plain")
    assert answer.json == [3_000_006, "abc", "xyz"]


def test_answers_with_a_body_of_five_megabytes(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw): return 'x' * 5_000_000")
    assert len(replica.score([]).body) == 5_000_002


def test_runs_requests_on_all_workers_at_once(start_replica: StartReplica) -> None:
    script = "import os, time\ndef init(): pass\ndef run(raw): time.sleep(0.3); return os.getpid()"
    replica = start_replica(script, workers=2)
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(replica.score([]).json)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 2


def test_runs_requests_in_threads_of_one_worker_when_asked(start_replica: StartReplica) -> None:
    script = (
        "import os, threading\nbarrier = threading.Barrier(4)\n"
        "def init(): pass\ndef run(raw): barrier.wait(5); return os.getpid()"
    )
    replica = start_replica(script, max_concurrent_requests=4)
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(replica.score([]).json)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4 and len(set(pids)) == 1


def test_gives_run_the_headers_that_it_asks_for(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw, request_headers): return dict(request_headers)")
    headers = {name.lower(): value for name, value in replica.score([], x_flavour="lemon").json.items()}
    assert headers["x-flavour"] == "lemon"


def test_a_status_without_a_body_ends_with_its_head(start_replica: StartReplica) -> None:
    script = """
        from azureml.contrib.services.aml_response import AMLResponse
        def init(): pass
        def run(raw): return AMLResponse("HTTP/1.1 200 OK", int(raw))
    """
    replica = start_replica(script)
    for status in (204, 304):
        assert replica.raw(
            b"POST /score HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\n%d" % status
        ).endswith(b"\r\n\r\n")
    assert replica.score(99).json["code"] == replica.score(70_000).json["code"] == "run-failed"
    assert replica.status()["workers"][0]["name"] == "worker-1"


def test_an_answer_that_is_too_large_to_be_sent_whole_is_told_with_limit_and_size(start_replica: StartReplica) -> None:
    script = """
        def init():
            print("init ran")
        def run(raw_data):
            return b"x" * 140_000_000
    """
    replica = start_replica(script)
    answer = replica.score([1])
    assert (answer.status, answer.json["code"]) == (502, "answer-too-large")
    assert "140000000 bytes" in answer.json["detail"] and "133169152" in answer.json["detail"]
    assert "140000000 bytes" in replica.log()
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert [worker["name"] for worker in replica.status()["workers"]] == ["worker-1"]
