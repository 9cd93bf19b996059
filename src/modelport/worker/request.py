"""What the worker's loop hands to the scoring script."""


class Request(object):
    """One scoring request as it arrived.

    `body` is a readable buffer of bytes (`bytes`, or a `memoryview` of a mapped file for large bodies). `headers` are
    (name, value) pairs, empty where `ScoringScript.needs_headers` and `needs_request` are both false.
    """

    __slots__ = ("body", "content_type", "headers", "method", "request_id", "target")

    def __init__(
        self,
        method: str,
        target: str,
        headers: "list[tuple[str, str]] | tuple[()]" = (),
        content_type: str = "",
        body: "bytes | memoryview" = b"",
        request_id: str = "",
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.content_type = content_type
        self.body = body
        self.request_id = request_id

    def header(self, name: str) -> str:
        """The first value of a header, whatever its case; an empty text where the request has none."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return ""
