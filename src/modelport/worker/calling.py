"""Makes the one function that scores a request: chosen when the script is loaded, so that a request decides nothing."""

from . import inputs, marks
from .answer import Answer, Refusal, problem_answer
from .convert import answer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .request import Request
    from .signature import Parameter

    Handler = Callable[[Request], Answer]
    Failed = Callable[[BaseException], Answer]

HEADERS_NAME = "request_headers"


def text_handler(run: "Callable[..., Any]", parameters: "list[Parameter]", failed: "Failed") -> "Handler":
    """For an undecorated `run`: the body as text, decoded once; nothing else stands between socket and script."""
    first = next(each for each in parameters if each.name != HEADERS_NAME)
    wants_headers = any(each.name == HEADERS_NAME for each in parameters)
    if not wants_headers and first.kind != "keyword-only":
        call = run
    elif wants_headers:
        return _general_handler(lambda request: {first.name: inputs.text_of(request)}, run, True, failed)
    else:
        call = lambda text: run(**{first.name: text})  # noqa: E731 - the general form of the line above

    def handle(request: "Request") -> Answer:
        if request.method != "POST":
            return slow(request)
        try:
            text = str(request.body, "utf-8")
        except UnicodeDecodeError:
            return slow(request)
        try:
            return answer_of(call(text))
        except BaseException as error:
            return failed(error)

    slow = _general_handler(lambda request: {first.name: inputs.text_of(request)}, run, False, failed)
    return handle


def schema_handler(run: "Callable[..., Any]", parameters: "list[Parameter]", failed: "Failed") -> "Handler":
    """For a `run` with schema decorators: a JSON object with one key for each parameter."""
    inputs.prepare_decoder()
    wants_headers = any(each.name == HEADERS_NAME for each in parameters)
    named = [each for each in parameters if each.name != HEADERS_NAME]
    return _general_handler(lambda request: inputs.values_of(request, named), run, wants_headers, failed)


def raw_handler(run: "Callable[..., Any]", parameters: "list[Parameter]", failed: "Failed") -> "Handler":
    """For a `@rawhttp` run: the whole request, in our class or, for a real package's decorator, in Flask's."""
    from . import rawhttp

    first = next(each for each in parameters if each.name != HEADERS_NAME)
    wants_headers = any(each.name == HEADERS_NAME for each in parameters)
    make = rawhttp.AMLRequest if getattr(run, marks.RAW_MARK, False) else rawhttp.flask_request
    return _general_handler(lambda request: {first.name: make(request)}, run, wants_headers, failed)


def _general_handler(
    values_of: "Callable[[Request], dict[str, Any]]", run: "Callable[..., Any]", wants_headers: bool, failed: "Failed"
) -> "Handler":
    def handle(request: "Request") -> Answer:
        if request.method == "OPTIONS":
            return Answer(b"", 200, "text/plain", [("Allow", "GET, POST, OPTIONS")])
        try:
            values = values_of(request)
            if wants_headers:
                values[HEADERS_NAME] = inputs.RequestHeaders(request.headers)
            return answer_of(run(**values))
        except Refusal as refusal:
            return refusal.answer()
        except BaseException as error:
            return failed(error)

    return handle


def describe_failure(error: BaseException) -> Answer:
    """Log the user's traceback and make the answer to it.

    A value that does not fit the script's schema is the client's error (400); all else is the script's (502).
    """
    from .answer import StreamFailed
    from .jsonable import NotSerialisable
    from .schema import SchemaMismatch
    from .traces import log, user_traceback

    if isinstance(error, SchemaMismatch):
        return problem_answer("schema-mismatch", 400, str(error))
    if marks.is_real_mismatch(error):
        return problem_answer("schema-mismatch", 400, "A value does not fit its schema: %s" % error)
    if isinstance(error, NotSerialisable):
        detail = "The result of run() cannot be written as JSON: %s." % error
        log(detail)
        return problem_answer("result-not-serialisable", 502, detail)
    if isinstance(error, StreamFailed):
        detail = str(error)  # its traceback was logged where the stream broke
    else:
        text = user_traceback(error)
        log(text)
        detail = "%s\n\n%s" % (_ending(error), text)
    answer = problem_answer("run-failed", 502, detail)
    answer.run_failed = True
    return answer


def _ending(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "run() ended with sys.exit(%r)." % error.code
    return "run() raised %s: %s" % (type(error).__name__, error)
