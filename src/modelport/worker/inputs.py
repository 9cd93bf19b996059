"""Turns a request into the arguments of `run()`: a text, values by name, or the request itself."""

import json

from .answer import Refusal
from .optional import importable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .request import Request
    from .signature import Parameter

_decode_quickly = None  # type: Any


class RequestHeaders(dict):  # type: ignore[type-arg]
    """The headers as v1 gave them to `run()`, names written Like-This; looked up whatever the case.

    A header that came twice has its values joined by commas.
    """

    def __init__(self, pairs: "list[tuple[str, str]] | tuple[()]") -> None:
        super(RequestHeaders, self).__init__()
        for name, value in pairs:
            key = name.title()
            self[key] = dict.__getitem__(self, key) + "," + value if dict.__contains__(self, key) else value

    def __missing__(self, name: str) -> str:
        key = str(name).title()
        if dict.__contains__(self, key):
            return str(dict.__getitem__(self, key))
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, str(name).title())

    def get(self, name: "Any", default: "Any" = None) -> "Any":
        """The value of a header, or `default`."""
        return dict.get(self, str(name).title(), default)


def prepare_decoder() -> None:
    """Import the fast JSON decoder where the user's environment has it; only decorated scripts call this."""
    global _decode_quickly
    orjson = importable("orjson")
    _decode_quickly = orjson.loads if orjson is not None else None


def text_of(request: "Request") -> str:
    """The body as text; the parameters of a GET request as JSON text. Raises `Refusal`."""
    if request.method == "GET":
        return json.dumps(query_values(request.target))
    try:
        return str(request.body, "utf-8")
    except UnicodeDecodeError as error:
        words = "The body is not UTF-8 text: byte %d cannot be decoded." % error.start
        raise Refusal("body-invalid", 400, words) from None


def query_values(target: str) -> "dict[str, Any]":
    """The parameters of a query: JSON where a value reads as JSON, else its text; a list where a name comes twice."""
    from urllib.parse import parse_qsl

    found = {}  # type: dict[str, list[Any]]
    for name, text in parse_qsl(target.partition("?")[2], keep_blank_values=True):
        found.setdefault(name, []).append(_json_or_text(text))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _json_or_text(text: str) -> "Any":
    try:
        return json.loads(text)
    except ValueError:
        return text


def values_of(request: "Request", parameters: "list[Parameter]") -> "dict[str, Any]":
    """The arguments by name, from the JSON object in the body or from the query. Raises `Refusal`."""
    given = query_values(request.target) if request.method == "GET" else _json_object(request)
    values = {}
    for parameter in parameters:
        if parameter.name in given:
            values[parameter.name] = given[parameter.name]
        elif parameter.required:
            raise Refusal("body-invalid", 400, _missing(parameter.name, parameters, given))
    return values


def _missing(name: str, parameters: "list[Parameter]", given: "dict[str, Any]") -> str:
    wanted = ", ".join("'%s'" % each.name for each in parameters if each.required)
    came = ", ".join("'%s'" % key for key in list(given)[:20]) or "none"
    return "The key '%s' is missing. The request needs %s; it has %s." % (name, wanted, came)


def _json_object(request: "Request") -> "dict[str, Any]":
    kind = request.content_type.partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        words = "The content type is '%s'; this service reads JSON: send 'Content-Type: application/json'." % kind
        raise Refusal("content-type-unsupported", 415, words)
    if not len(request.body):
        raise Refusal("body-invalid", 400, "The body is empty; a JSON object is expected.")
    value = _decoded(request.body)
    if not isinstance(value, dict):
        words = "The body is JSON, but %s; an object with one key for each parameter is expected."
        raise Refusal("body-invalid", 400, words % _word(value))
    return value


def _word(value: object) -> str:
    words = {list: "an array", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return words.get(type(value), "null")


def _decoded(body: "Any") -> "Any":
    if _decode_quickly is not None:
        try:
            return _decode_quickly(body if type(body) is bytes else memoryview(body))
        except ValueError:
            return _decoded_slowly(body)  # a bare NaN, which clients of v1 send, or truly no JSON
    return _decoded_slowly(body)


def _decoded_slowly(body: "Any") -> "Any":
    try:
        return json.loads(str(body, "utf-8"))
    except UnicodeDecodeError as error:
        words = "The body is not UTF-8 text: byte %d cannot be decoded." % error.start
        raise Refusal("body-invalid", 400, words) from None
    except RecursionError:
        raise Refusal("body-invalid", 400, "The body is nested too deeply to be decoded.") from None
    except ValueError as error:
        raise Refusal("body-invalid", 400, "The body is not JSON: %s." % error) from None
