"""Turns what `run()` returned into an answer.

As v1: the result is `json.dumps`-ed, a returned text becomes a JSON string (so a script that dumps its result itself
gives JSON within JSON), None becomes `{}`, a tuple a list, NaN a bare NaN. Beyond v1: see `jsonable` for the types that
are converted; bytes pass through as application/octet-stream; generators stream; a coroutine is awaited.
An AMLResponse, a response of Flask's shape, or a dictionary of `aml_response_headers` and `aml_response_body` decides
for itself.
"""

from . import jsonable
from .answer import Answer, problem_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_JSON = frozenset((dict, list, str, int, float, bool, tuple))
_encode = jsonable.make_encoder()


def answer_of(result: "Any") -> Answer:
    """The answer that a result becomes; raises what the user's own code raises while it is awaited or begun,
    and `ValueError` for a status that HTTP does not have."""
    kind = type(result)
    if kind in _JSON:
        if kind is dict and "aml_response_body" in result:
            return _old_contract(result)
        try:
            return Answer(_encode(result))
        except Exception:
            return _json_answer(result)
    return _special(result, kind)


def _special(result: "Any", kind: type) -> Answer:
    if result is None:
        return Answer(b"{}")
    if kind in (bytes, bytearray, memoryview):
        return Answer(bytes(result), 200, "application/octet-stream")
    if hasattr(kind, "__await__") or hasattr(kind, "__anext__") or hasattr(kind, "__next__"):
        from . import streaming

        if hasattr(kind, "__await__"):
            return answer_of(streaming.wait_for(result))
        return streaming.stream_answer(result, json_bytes)
    if _is_response(result, kind):
        return _response(result)
    try:
        return Answer(_encode(result))
    except Exception:
        return _json_answer(result)


def _is_response(result: "Any", kind: type) -> bool:
    """Asks the type first: a data frame has an attribute for each column, whatever that is called."""
    return (hasattr(kind, "get_data") or kind.__name__ == "AMLResponse") and hasattr(result, "status_code")


def json_bytes(value: "Any") -> bytes:
    """A value as JSON. Raises `jsonable.NotSerialisable` with the place of what has no JSON form."""
    try:
        return _encode(value)
    except Exception:
        return jsonable.encode_carefully(value)


def _json_answer(result: "Any") -> Answer:
    """The careful way for what the fast one refused."""
    try:
        return Answer(jsonable.encode_carefully(result))
    except Exception as error:
        why = str(error) if isinstance(error, jsonable.NotSerialisable) else "%s: %s" % (type(error).__name__, error)
        detail = "The result of run() cannot be written as JSON: %s." % why
        from .traces import log

        log(detail)
        return problem_answer("result-not-serialisable", 502, detail)


def _old_contract(result: "Any") -> Answer:
    """The oldest form of a response with headers, a dictionary of two keys."""
    answer = answer_of(result["aml_response_body"])
    _apply_headers(answer, list((result.get("aml_response_headers") or {}).items()))
    return answer


def _response(result: "Any") -> Answer:
    """An AMLResponse, or an object of Flask's shape: status_code, headers, get_data()."""
    status = int(result.status_code)
    if hasattr(result, "get_data"):
        answer = Answer(bytes(result.get_data()), status, getattr(result, "content_type", None) or "text/plain")
        headers = list(result.headers.items())
    else:
        answer = _of_message(result)
        headers = list((result.response_headers or {}).items())
    if not 200 <= status <= 599:
        raise ValueError("run() answered with the status %d; a status is from 200 to 599" % status)
    answer.status = status
    answer.run_failed = bool(getattr(result, "run_function_failed", False)) or status >= 500
    _apply_headers(answer, headers)
    return answer


def _of_message(response: "Any") -> Answer:
    message = response.message
    if getattr(response, "json_str", False):
        return Answer(json_bytes(message))
    if isinstance(message, str):
        return Answer(message.encode("utf-8"), 200, "text/html; charset=utf-8")
    if isinstance(message, (bytes, bytearray, memoryview)):
        return Answer(bytes(message), 200, "application/octet-stream")
    return answer_of(message)


def _apply_headers(answer: Answer, headers: "list[tuple[Any, Any]]") -> None:
    """Take over the user's headers: a list of values repeats the header; Content-Type replaces ours."""
    pairs = []
    for name, value in headers:
        for each in value if isinstance(value, (list, tuple)) else [value]:
            lowered = str(name).lower()
            if lowered == "content-type":
                answer.content_type = str(each)
            elif lowered == "x-ms-run-function-failed":
                answer.run_failed = answer.run_failed or str(each).lower() == "true"
            elif lowered not in ("content-length", "transfer-encoding", "connection"):
                pairs.append((str(name), _one_line(str(each))))
    answer.headers = pairs


def _one_line(text: str) -> str:
    """A header value cannot hold a line break: an attacker's would begin a header of its own."""
    return " ".join(text.splitlines())
