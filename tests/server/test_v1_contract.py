"""What clients and scripts of v1's server rely on, row by row: it holds, or v1_improvements.json says why not.

A row is a request (or a start) and what must come of it. A row that names an improvement asserts ours, where v1 had
something else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import Answer, RunningReplica, short_folder

from modelport.manifest import Limits, Listen, Manifest, Places, Program

IMPROVEMENTS: dict[str, str] = json.loads((Path(__file__).parent / "v1_improvements.json").read_text())
SCRIPTS = {
    "text": """
        import json, os, sys, time
        import numpy
        class Nothing: pass
        def init(): pass
        def run(raw_data, request_headers):
            if not raw_data.startswith("!"):
                return [type(raw_data).__name__, raw_data]
            return eval(raw_data[1:])
        def fail(): raise ValueError("the text of the exception")
    """,
    "schema": """
        import numpy
        from inference_schema.schema_decorators import input_schema, output_schema
        from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
        from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
        def init(): pass
        @input_schema("data", NumpyParameterType(numpy.array([[1.0, 2.0]])))
        @input_schema("scale", StandardPythonParameterType(2), optional=True)
        @output_schema(StandardPythonParameterType([3.0]))
        def run(data, scale=1):
            return (data.sum(axis=1) * scale).tolist()
    """,
    "raw": """
        from azureml.contrib.services.aml_request import AMLRequest, rawhttp
        from azureml.contrib.services.aml_response import AMLResponse
        def init(): pass
        @rawhttp
        def run(request):
            assert type(request) is AMLRequest
            if request.method == "GET":
                return request.args.to_dict()
            return eval(request.get_data())
    """,
}


@dataclass(frozen=True)
class Row:
    """One row: which script, the request, what its answer must be."""

    script: str
    method: str
    path: str
    body: bytes | None
    seen: Callable[[Answer], bool]
    improvement: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def row(script: str, request: str, body: str | bytes | None, seen: Callable[[Answer], bool], **more: Any) -> Row:
    method, _, path = request.partition(" ")
    return Row(script, method, path, body.encode() if isinstance(body, str) else body, seen, **more)


def score(body: str | bytes, seen: Callable[[Answer], bool], **more: Any) -> Row:
    return row("text", "POST /score", body, seen, **more)


def schema(body: str | bytes, seen: Callable[[Answer], bool], **more: Any) -> Row:
    more.setdefault("headers", (("Content-Type", "application/json"),))
    return row("schema", "POST /score", body, seen, **more)


def raw(body: str, seen: Callable[[Answer], bool], **more: Any) -> Row:
    return row("raw", "POST /score", body, seen, **more)


def is_problem(status: int, code: str) -> Callable[[Answer], bool]:
    return lambda answer: (answer.status, answer.json["code"]) == (status, code)


def failed(answer: Answer, word: str) -> bool:
    return answer.headers["x-ms-run-function-failed"] == word


JSON = (("Content-Type", "application/json"),)
ROWS = {
    # -- routes
    "GET / is Healthy": row("text", "GET /", None, lambda a: (a.status, a.body) == (200, b"Healthy")),
    "GET / is HTML": row("text", "GET /", None, lambda a: a.headers["content-type"].startswith("text/html")),
    "HEAD / is 200": row("text", "HEAD /", None, lambda a: (a.status, a.body) == (200, b"")),
    "POST / is 405": row("text", "POST /", "x", lambda a: a.status == 405),
    "PUT /score is 405": row("text", "PUT /score", "x", lambda a: a.status == 405),
    "DELETE /score is 405": row("text", "DELETE /score", None, lambda a: a.status == 405),
    "an unknown path is 404": row("text", "GET /nowhere", None, lambda a: a.status == 404),
    "an error is a document": row(
        "text", "GET /nowhere", None, lambda a: {"code", "detail", "request_id"} <= set(a.json),
        improvement="error-body",
    ),
    "errors have ids": row(
        "text", "PUT /score", "x", lambda a: bool(a.headers["x-request-id"]), improvement="ids-everywhere"
    ),
    "OPTIONS /score is empty": row("text", "OPTIONS /score", None, lambda a: (a.status, a.body) == (200, b"")),
    "the query becomes JSON": row(
        "text", "GET /score?a=1&b=x&b=2", None, lambda a: json.loads(a.json[1]) == {"a": 1, "b": ["x", 2]}
    ),
    # -- results
    "a result is JSON": score("!{'a': [1, 2.5, True]}", lambda a: a.json == {"a": [1, 2.5, True]}),
    "a result has the type of JSON": score("!1", lambda a: a.headers["content-type"] == "application/json"),
    "JSON in a text stays a text": score("!json.dumps([1])", lambda a: a.body == b'"[1]"'),
    "None is an empty object": score("!None", lambda a: (a.status, a.body) == (200, b"{}")),
    "NaN is bare": score("!float('nan')", lambda a: a.body == b"NaN"),
    "a tuple is a list": score("!(1, 2)", lambda a: a.json == [1, 2]),
    "an array is a list": score("!numpy.arange(3)", lambda a: a.json == [0, 1, 2], improvement="array-result"),
    "what is no JSON": score(
        "!Nothing()", is_problem(502, "result-not-serialisable"), improvement="result-not-serialisable"
    ),
    "run() raises": score("!fail()", is_problem(502, "run-failed"), improvement="run-raises"),
    "a failed run() is marked": score("!fail()", lambda a: failed(a, "True")),
    "the exception is not told": score("!fail()", lambda a: b"the text" not in a.body),
    "run() takes too long": score("!time.sleep(60)", is_problem(504, "deadline-exceeded"), improvement="deadline"),
    "a slow run() is answered": score("!time.sleep(60)", lambda a: a.status == 504, improvement="worker-timeout"),
    "sys.exit() in run()": score("!sys.exit(1)", is_problem(502, "run-failed"), improvement="sys-exit"),
    "os._exit() in run()": score("!os._exit(1)", is_problem(502, "worker-died"), improvement="worker-dies"),
    # -- bodies
    "the body is a text": score("any text", lambda a: a.json == ["str", "any text"]),
    "an empty body is an empty text": score("", lambda a: a.json == ["str", ""]),
    "any content type will do": score("x", lambda a: a.json == ["str", "x"], headers=(("Content-Type", "text/csv"),)),
    "curl -d without a type": score(
        "a=b", lambda a: a.json == ["str", "a=b"], improvement="form-content-type",
        headers=(("Content-Type", "application/x-www-form-urlencoded"),),
    ),
    "a body that is not UTF-8": score(b"\xff", is_problem(400, "body-invalid")),
    "headers are given by name": score(
        "!request_headers['X-Mine']", lambda a: a.json == "1", headers=(("x-mine", "1"),)
    ),
    # -- schemas
    "values by name": schema('{"data": [[1, 2]]}', lambda a: a.json == [3.0]),
    "an optional value": schema('{"data": [[1, 2]], "scale": 2}', lambda a: a.json == [6.0]),
    "the query by name": row("schema", "GET /score?data=[[1,2]]", None, lambda a: a.json == [3.0]),
    "not JSON": schema("{", is_problem(400, "body-invalid")),
    "no body": schema("", is_problem(400, "body-invalid")),
    "no object": schema("[1]", is_problem(400, "body-invalid")),
    "a value is missing": schema('{"scale": 1}', lambda a: a.status == 400 and "'data'" in a.json["detail"]),
    "another content type": schema(
        "{}", is_problem(415, "content-type-unsupported"), headers=(("Content-Type", "text/plain"),)
    ),
    "another shape": schema('{"data": [[1]]}', is_problem(400, "schema-mismatch"), improvement="schema-mismatch"),
    "another type": schema('{"data": [["x", 1]]}', is_problem(400, "schema-mismatch"), improvement="schema-mismatch"),
    # -- headers
    "a good run() is marked": score("!1", lambda a: failed(a, "False")),
    "the time of run() is told": score("!1", lambda a: len(a.headers["x-ms-run-fn-exec-ms"].partition(".")[2]) == 3),
    "no time where run() failed": score("!fail()", lambda a: "x-ms-run-fn-exec-ms" not in a.headers),
    "the server names itself": score(
        "!1", lambda a: a.headers["x-ms-server-version"].startswith("modelport/"), improvement="server-version"
    ),
    "a request id is given back": score(
        "!1", lambda a: a.headers["x-request-id"] == "m", headers=(("x-request-id", "m"),)
    ),
    "a request id is made": score("!1", lambda a: len(a.headers["x-request-id"]) == 36),
    "a long request id is 431": score("!1", lambda a: a.status == 431, headers=(("x-request-id", "m" * 101),)),
    "a hundred characters are not": score("!1", lambda a: a.status == 200, headers=(("x-request-id", "m" * 100),)),
    "the id has its old twin": score("!1", lambda a: a.headers["x-ms-request-id"] == a.headers["x-request-id"]),
    "the client's id is given back": score(
        "!1", lambda a: a.headers["x-ms-client-request-id"] == "c", headers=(("x-ms-client-request-id", "c"),)
    ),
    "the twin is the request id": score(
        "!1", lambda a: a.headers["x-ms-request-id"] == a.headers["x-request-id"] != "c", improvement="one-request-id",
        headers=(("x-ms-client-request-id", "c"),),
    ),
    "a long client id is 431": score("!1", lambda a: a.status == 431, headers=(("x-ms-client-request-id", "c" * 101),)),
    "TraceId is given back": score("!1", lambda a: a.headers["traceid"] == "t", headers=(("TraceId", "t"),)),
    # -- origins
    "a configured origin may read": score(
        "!1", lambda a: a.headers["access-control-allow-origin"] == "https://a.test",
        headers=(("Origin", "https://a.test"),),
    ),
    "another origin may not": score(
        "!1", lambda a: "access-control-allow-origin" not in a.headers, headers=(("Origin", "https://b.test"),)
    ),
    "a browser may ask": row(
        "text", "OPTIONS /score", None,
        lambda a: {"GET", "POST"} <= set(a.headers["access-control-allow-methods"].split(", ")),
        headers=(("Origin", "https://a.test"), ("Access-Control-Request-Method", "POST")),
    ),
    "a browser may send a key": row(
        "text", "OPTIONS /score", None, lambda a: "authorization" in a.headers["access-control-allow-headers"],
        headers=(("Origin", "https://a.test"),), improvement="cors-preflight",
    ),
    # -- raw HTTP
    "raw: the request is whole": row("raw", "GET /score?a=1", None, lambda a: a.json == {"a": "1"}),
    "raw: any result": raw("[1]", lambda a: a.json == [1]),
    "raw: a status and headers": raw(
        "AMLResponse('made', 201, {'X-Mine': '1'})",
        lambda a: (a.status, a.body, a.headers["x-mine"]) == (201, b"made", "1"),
    ),
    "raw: a message as JSON": raw(
        "AMLResponse({'a': 1}, 200, json_str=True)",
        lambda a: (a.headers["content-type"], a.json) == ("application/json", {"a": 1}),
    ),
    "raw: no message is an empty object": raw("AMLResponse(None, 200)", lambda a: a.body == b"{}"),
    "raw: a content type of its own": raw(
        "AMLResponse('a,b', 200, {'Content-Type': 'text/csv'})", lambda a: a.headers["content-type"] == "text/csv"
    ),
    "raw: from 500 on it failed": raw("AMLResponse('', 503)", lambda a: a.status == 503 and failed(a, "True")),
    "raw: below it did not": raw("AMLResponse('', 404)", lambda a: a.status == 404 and failed(a, "False")),
    "raw: unless it says so": raw("AMLResponse('', 200, run_function_failed=True)", lambda a: failed(a, "True")),
    "raw: a comma stays": raw(
        "AMLResponse('', 200, {'X-List': 'a, b'})", lambda a: a.headers["x-list"] == "a, b", improvement="comma-header"
    ),
    "raw: the oldest form": raw(
        "{'aml_response_headers': {'X-Mine': '1'}, 'aml_response_body': [1]}",
        lambda a: (a.json, a.headers["x-mine"]) == ([1], "1"),
    ),
    # -- descriptions
    **{
        f"swagger {asked or 'by default'}": row(
            "schema", f"GET /swagger.json{asked}", None, lambda a, key=key, version=version: a.json[key] == version
        )
        for asked, key, version in (
            ("", "swagger", "2.0"), ("?version=2", "swagger", "2.0"), ("?version=2.0", "swagger", "2.0"),
            ("?version=3", "openapi", "3.0.3"), ("?version=3.0", "openapi", "3.0.3"),
            ("?version=3.1", "openapi", "3.1.0"),
        )
    },
    "swagger in no such version": row("schema", "GET /swagger.json?version=9", None, lambda a: a.status == 404),
    "swagger names the paths": row(
        "schema", "GET /swagger.json", None, lambda a: set(a.json["paths"]) == {"/", "/score", "/swagger.json"}
    ),
    "swagger names the operations": row(
        "schema", "GET /swagger.json", None,
        lambda a: [each["operationId"] for path in a.json["paths"].values() for each in path.values()]
        == ["ServiceHealthCheck", "RunMLService", "GetSwaggerSpec"],
    ),
    "swagger names input and output": row(
        "schema", "GET /swagger.json", None, lambda a: {"ServiceInput", "ServiceOutput"} <= set(a.json["definitions"])
    ),
    "swagger shows a sample": row(
        "schema", "GET /swagger.json", None,
        lambda a: a.json["definitions"]["ServiceInput"]["example"]["data"] == [[1.0, 2.0]],
    ),
    "swagger says how to show a key": row(
        "schema", "GET /swagger.json", None,
        lambda a: a.json["securityDefinitions"]["Bearer"]["name"] == "Authorization",
    ),
    "swagger has the service's name": row(
        "schema", "GET /swagger.json", None, lambda a: a.json["info"]["title"] == "v1"
    ),
    "an undecorated run() takes anything": row(
        "text", "GET /swagger.json", None, lambda a: a.json["definitions"]["ServiceInput"] == {"type": "object"}
    ),
}  # fmt: skip
STARTS = {
    "no such module": "import nothing_of_that_name\ndef init(): pass\ndef run(data): pass",
    "an import that raises": "raise ValueError('early')\ndef init(): pass\ndef run(data): pass",
    "a syntax error": "def init(:",
    "no init()": "def run(data): pass",
    "no run()": "def init(): pass",
    "init() takes arguments": "def init(a): pass\ndef run(data): pass",
    "init() raises": "def init(): raise ValueError('no model')\ndef run(data): pass",
    "init() exits": "import sys\ndef init(): sys.exit(0)\ndef run(data): pass",
    "run() takes nothing": "def init(): pass\ndef run(): pass",
    "run() takes headers alone": "def init(): pass\ndef run(request_headers): pass",
    "run() takes any arguments": "def init(): pass\ndef run(*args): pass",
    "run() takes any keywords": "def init(): pass\ndef run(data, **more): pass",
    "run() takes positions only": "def init(): pass\ndef run(data, /): pass",
    "run() is raw and has a schema": """
from azureml.contrib.services.aml_request import rawhttp
from inference_schema.schema_decorators import input_schema
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
def init(): pass
@rawhttp
@input_schema("data", StandardPythonParameterType(1))
def run(data): pass
""",
}
ELSEWHERE = {
    "health-port": "tests/cli/test_serve_flags.py", "flag-errors": "tests/cli/test_serve_flags.py",
    "loopback": "tests/cli/test_serve.py", "insights": "tests/cli/test_serve_flags.py", "gunicorn-variables": "",
    "start-up-lines": "", "default-deadline": "tests/test_manifest.py",
}  # fmt: skip
"""Improvements that no request shows, and where they are tested; empty for what is left out."""


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RunningReplica]]:
    """One replica for each script, for all rows."""
    running: dict[str, RunningReplica] = {}

    def replica_of(script: str) -> RunningReplica:
        if script not in running:
            directory = tmp_path_factory.mktemp(script)
            (directory / "app").mkdir()
            (directory / "app" / "score.py").write_text(textwrap.dedent(SCRIPTS[script]))
            (directory / "service.log").touch()
            places = Places(str(directory), str(short_folder()), "", str(directory / "service.log"))
            limits = Limits(scoring_timeout_ms=5000, max_request_wait_time_ms=60_000)
            program = Program(sys.executable, str(directory / "app"), "score.py")
            listen = Listen(port=0, cors_origins=("https://a.test",))
            running[script] = RunningReplica(
                directory, Manifest("v1", program, "0001", 1, "op1", limits, listen, places)
            )
            running[script].wait_ready(60)
        return running[script]

    yield replica_of
    for replica in running.values():
        replica.end()


@pytest.mark.parametrize("name", ROWS)
def test_a_row_holds(replicas: Callable[[str], RunningReplica], name: str) -> None:
    found = ROWS[name]
    headers = {key.replace("-", "_"): value for key, value in found.headers}
    answer = replicas(found.script).ask(found.method, found.path, found.body, timeout=100, **headers)
    assert found.seen(answer), (answer.status, answer.headers, answer.body)


def test_each_improvement_is_one_of_a_row_and_has_a_reason() -> None:
    named = {found.improvement for found in ROWS.values() if found.improvement} | set(ELSEWHERE)
    assert named == set(IMPROVEMENTS)
    assert all(len(reason) > 40 and reason.endswith(".") for reason in IMPROVEMENTS.values())
    root = Path(__file__).parents[2]
    assert [place for place in ELSEWHERE.values() if place and not (root / place).exists()] == []


@pytest.mark.parametrize("name", STARTS)
def test_a_script_that_cannot_serve_ends_with_3_and_says_why(name: str, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(STARTS[name])
    words = [sys.executable, "-m", "modelport", "serve", "--entry_script", "score.py", "--port", "0"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 3, done.stderr
    assert "score.py" in done.stderr and "->" in done.stderr
