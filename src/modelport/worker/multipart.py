"""Reads multipart/form-data (RFC 7578): the fields and files of an upload."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PARTS_MAX = 1000


class UploadedFile(object):
    """One file of an upload."""

    def __init__(self, name: str, filename: str, content_type: str, content: bytes) -> None:
        import io

        self.name = name
        self.filename = filename
        self.content_type = self.mimetype = content_type
        self.content_length = len(content)
        self.stream = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        """Read the content, or the next `size` bytes of it."""
        return self.stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to another place of the content."""
        return self.stream.seek(offset, whence)

    def save(self, target: "Any", buffer_size: int = 16384) -> None:
        """Write the content to a path or an open file."""
        if hasattr(target, "write"):
            target.write(self.stream.getvalue())
            return
        with open(target, "wb") as file:
            file.write(self.stream.getvalue())

    def close(self) -> None:
        """Let go of the content."""
        self.stream.close()

    def __iter__(self) -> "Any":
        return iter(self.stream)

    def __repr__(self) -> str:
        return "<UploadedFile %r (%r)>" % (self.filename, self.content_type)


def parse(body: bytes, content_type: str) -> "tuple[list[tuple[str, str]], list[tuple[str, UploadedFile]]]":
    """The (name, text) fields and (name, file) uploads of a body, in order.

    Raises `ValueError` where the body is not what its content type says, or has more than 1000 parts.
    """
    boundary = _parameters(content_type).get("boundary", "")
    if not boundary:
        raise ValueError("the content type of the form names no boundary")
    delimiter = b"\r\n--" + boundary.encode("latin-1")
    pieces = (b"\r\n" + body).split(delimiter, _PARTS_MAX + 2)
    if len(pieces) < 2 or len(pieces) > _PARTS_MAX + 1 or not pieces[-1].startswith(b"--"):
        raise ValueError("the form is cut short or has more than %d parts" % _PARTS_MAX)
    fields = []  # type: list[tuple[str, str]]
    files = []  # type: list[tuple[str, UploadedFile]]
    for piece in pieces[1:-1]:
        head, found, content = piece.partition(b"\r\n\r\n")
        if not found:
            raise ValueError("a part of the form has no end of its headers")
        headers = _headers(head)
        disposition = _parameters(headers.get("content-disposition", ""))
        name = disposition.get("name", "")
        if "filename" in disposition:
            kind = headers.get("content-type", "application/octet-stream")
            files.append((name, UploadedFile(name, disposition["filename"], kind, content)))
        else:
            fields.append((name, content.decode("utf-8", "replace")))
    return fields, files


def _headers(head: bytes) -> "dict[str, str]":
    headers = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _parameters(header: str) -> "dict[str, str]":
    """The parameters of a header value: `form-data; name="a"` gives {"name": "a"}."""
    found = {}
    rest = header.partition(";")[2]
    while rest.strip():
        name, _, rest = rest.partition("=")
        rest = rest.lstrip()
        if rest.startswith('"'):
            value, rest = _quoted(rest)
            rest = rest.partition(";")[2]
        else:
            value, _, rest = rest.partition(";")
        found[name.strip().lower()] = value.strip()
    return found


def _quoted(text: str) -> "tuple[str, str]":
    """The content of a quoted text, and what follows its closing quote."""
    letters = []
    at = 1
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in '"\\':
            at += 1
        letters.append(text[at])
        at += 1
    return "".join(letters), text[at + 1 :]
