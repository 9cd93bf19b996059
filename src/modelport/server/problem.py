"""Problems: the answers that explain themselves, as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class ProblemKind:
    """One kind of problem: its HTTP status and its title."""

    status: int
    title: str


# One row per code; `modelport explain CODE` has the page, and a test holds both together.
PROBLEMS: dict[str, ProblemKind] = {
    "malformed-request": ProblemKind(400, "The request is not valid HTTP"),
    "body-invalid": ProblemKind(400, "The body cannot be read as the script expects it"),
    "schema-mismatch": ProblemKind(400, "A value does not match the schema of the script"),
    "key-missing": ProblemKind(401, "No valid key came with the request"),
    "path-unknown": ProblemKind(404, "There is nothing at this path"),
    "swagger-version-unknown": ProblemKind(404, "There is no description of the service in this version"),
    "method-not-allowed": ProblemKind(405, "This method is not allowed at this path"),
    "headers-too-slow": ProblemKind(408, "The request took too long to arrive"),
    "length-missing": ProblemKind(411, "The request does not say how long its body is"),
    "body-too-large": ProblemKind(413, "The body is larger than the service accepts"),
    "content-type-unsupported": ProblemKind(415, "The content type is not one that the script accepts"),
    "headers-too-large": ProblemKind(431, "The headers are larger than the service accepts"),
    "internal-error": ProblemKind(500, "The server itself failed, and that is a fault of Modelport"),
    "run-failed": ProblemKind(502, "run() raised an exception"),
    "result-not-serialisable": ProblemKind(502, "run() returned something that cannot be sent"),
    "backend-unreachable": ProblemKind(502, "The gateway got no answer from the service behind it"),
    "answer-too-large": ProblemKind(502, "run() returned more than can be sent whole"),
    "worker-died": ProblemKind(502, "The worker process died while it ran this request"),
    "not-ready": ProblemKind(503, "No worker is ready"),
    "overloaded": ProblemKind(503, "No worker became free in time"),
    "draining": ProblemKind(503, "The service is shutting down"),
    "body-budget": ProblemKind(503, "Too many large bodies are in flight"),
    "deadline-exceeded": ProblemKind(504, "run() did not answer within the deadline"),
}


@dataclass(frozen=True)
class Problem:
    """One problem of one request.

    `retry_after_seconds` becomes the header `Retry-After` (whole seconds); `headers` come beside it, `numbers` into the
    document.
    """

    code: str
    detail: str
    retry_after_seconds: int | None = None
    numbers: dict[str, float | int | str] = field(default_factory=dict)
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEMS[self.code].status

    def body(self, request_id: str) -> bytes:
        """The JSON document.

        >>> Problem("path-unknown", "GET /x").body("7")[:40]
        b'{"type":"urn:modelport:problem:path-unkn'
        """
        words: dict[str, object] = {
            "type": f"urn:modelport:problem:{self.code}",
            "title": PROBLEMS[self.code].title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
            **self.numbers,
        }
        return json.dumps(words, separators=(",", ":")).encode()
