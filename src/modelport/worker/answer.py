"""What a scoring script's result becomes before it is sent."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Answer(object):
    """One answer: a status and a body, a stream of `chunks`, or a `problem` that the server words for the client.

    `problem` is a code such as ``run-failed``. `detail` says what happened; from status 500 on it holds the user's
    traceback, and the server shows it to clients in debug mode only. `run_failed` becomes the header
    ``x-ms-run-function-failed``.
    """

    __slots__ = ("body", "chunks", "content_type", "detail", "headers", "problem", "run_failed", "status")

    def __init__(
        self,
        body: bytes = b"",
        status: int = 200,
        content_type: str = "application/json",
        headers: "list[tuple[str, str]] | tuple[()]" = (),
        chunks: "Iterator[bytes] | None" = None,
    ) -> None:
        self.body = body
        self.status = status
        self.content_type = content_type
        self.headers = headers
        self.chunks = chunks
        self.run_failed = False
        self.problem = None  # type: str | None
        self.detail = ""


class StreamFailed(Exception):
    """The user's generator raised after the first chunk was sent; its traceback is in the log already."""


class Refusal(Exception):
    """A request that cannot be given to `run()`: the status, problem code and words of its answer."""

    def __init__(self, problem: str, status: int, detail: str) -> None:
        super(Refusal, self).__init__(problem, status, detail)
        self.problem = problem
        self.status = status
        self.detail = detail

    def answer(self) -> Answer:
        """The answer that tells the client."""
        return problem_answer(self.problem, self.status, self.detail)


def problem_answer(problem: str, status: int, detail: str) -> Answer:
    """An answer that carries a problem instead of a body."""
    answer = Answer(b"", status, "application/problem+json")
    answer.problem = problem
    answer.detail = detail
    return answer
