"""The request and response objects of a `@rawhttp` script: what such scripts use of Flask's, without Flask."""

import json

from .mappings import Headers, MultiDict
from .marks import RAW_MARK
from .optional import loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .request import Request


def rawhttp(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Mark `run` as one that takes the whole HTTP request, an `AMLRequest`, instead of the decoded body."""
    setattr(function, RAW_MARK, True)
    return function


class AMLRequest(object):
    """One HTTP request: method, path, args, headers, body, form and files, under the names that Flask gives them."""

    def __init__(self, request: "Request") -> None:
        self.method = request.method
        self.headers = Headers(list(request.headers))
        self._body = request.body
        self._data = None  # type: bytes | None
        self._parts = None  # type: tuple[MultiDict, MultiDict] | None
        self.path, _, query = request.target.partition("?")
        self.query_string = query.encode("latin-1", "replace")
        self.content_type = request.content_type or self.headers.get("content-type", "")
        self.mimetype = self.content_type.partition(";")[0].strip().lower()

    @property
    def args(self) -> MultiDict:
        """The parameters of the query."""
        return MultiDict(_query_pairs(self.query_string.decode("latin-1")))

    @property
    def full_path(self) -> str:
        """The path with its query."""
        return self.path + "?" + self.query_string.decode("latin-1")

    @property
    def host(self) -> str:
        """The host that the client asked for."""
        return str(self.headers.get("host", "localhost"))

    @property
    def scheme(self) -> str:
        """http or https, as the nearest proxy says."""
        return str(self.headers.get("x-forwarded-proto", "http"))

    @property
    def base_url(self) -> str:
        """The address without its query."""
        return "%s://%s%s" % (self.scheme, self.host, self.path)

    @property
    def url(self) -> str:
        """The whole address."""
        query = self.query_string.decode("latin-1")
        return self.base_url + ("?" + query if query else "")

    @property
    def content_length(self) -> int:
        """The length of the body in bytes."""
        return len(self._body)

    @property
    def cookies(self) -> "dict[str, str]":
        """The cookies by name."""
        from http.cookies import SimpleCookie

        return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}

    @property
    def data(self) -> bytes:
        """The whole body."""
        if self._data is None:
            self._data = bytes(self._body[:])
        return self._data

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> "bytes | str":
        """The whole body, as text (UTF-8) where `as_text`."""
        return self.data.decode("utf-8", "replace") if as_text else self.data

    @property
    def stream(self) -> "Any":
        """The body as a file to read."""
        import io

        return io.BytesIO(self.data)

    @property
    def is_json(self) -> bool:
        """Whether the content type says that the body is JSON."""
        return self.mimetype == "application/json" or self.mimetype.endswith("+json")

    @property
    def json(self) -> "Any":
        """The body as JSON; None where the content type is another."""
        return self.get_json()

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> "Any":
        """The body as JSON; None where the content type is another and `force` is not set, or JSON fails silently."""
        if not (force or self.is_json):
            return None
        try:
            return json.loads(self.data.decode("utf-8"))
        except ValueError:
            if silent:
                return None
            raise

    @property
    def form(self) -> MultiDict:
        """The fields of a form."""
        return self._form_and_files()[0]

    @property
    def files(self) -> MultiDict:
        """The uploaded files of a form, each with `filename`, `content_type`, `read()`, `save(path)`."""
        return self._form_and_files()[1]

    @property
    def values(self) -> MultiDict:
        """The parameters of the query and the fields of a form together."""
        pairs = _query_pairs(self.query_string.decode("latin-1"))
        for name in self.form:
            pairs.extend((name, value) for value in self.form.getlist(name))
        return MultiDict(pairs)

    def _form_and_files(self) -> "tuple[MultiDict, MultiDict]":
        if self._parts is None:
            if self.mimetype == "application/x-www-form-urlencoded":
                self._parts = MultiDict(_query_pairs(self.data.decode("utf-8", "replace"))), MultiDict([])
            elif self.mimetype == "multipart/form-data":
                from . import multipart

                fields, files = multipart.parse(self.data, self.content_type)
                self._parts = MultiDict(fields), MultiDict(files)
            else:
                self._parts = MultiDict([]), MultiDict([])
        return self._parts

    def __repr__(self) -> str:
        return "<AMLRequest %s %s>" % (self.method, self.path)


def _query_pairs(query: str) -> "list[tuple[str, Any]]":
    from urllib.parse import parse_qsl

    return list(parse_qsl(query, keep_blank_values=True))


class AMLResponse(object):
    """An answer that decides its own status, headers and body.

    `json_str` writes `message` as JSON; else text and bytes pass as they are. `run_function_failed` sets the header
    x-ms-run-function-failed, which every status from 500 on sets too.
    """

    def __init__(
        self,
        message: "Any",
        status_code: int,
        response_headers: "dict[str, Any] | None" = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        self.message = message
        self.status_code = status_code
        self.response_headers = dict(response_headers or {})
        self.json_str = json_str
        self.run_function_failed = run_function_failed

    def __repr__(self) -> str:
        return "<AMLResponse %s>" % self.status_code


def flask_request(request: "Request") -> "Any":
    """The request as Flask's own class, for a script that imported a real `rawhttp`, whose requests those are."""
    import io

    path, _, query = request.target.partition("?")
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "5001",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": request.content_type,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
    }
    for name, value in request.headers:
        environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
    return loaded("flask").Request(environ)
