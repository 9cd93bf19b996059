"""Reads a pickle without executing it: the names that it needs, and the versions that packages left in it (pure).

Only the words of the pickle machine are read (`pickletools`), so that a pickle of an enemy is as harmless as its text.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickletools
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

BYTES_MAX = 64 * 1024 * 1024
"""How much is read, unpacked: names and marks stand before the large arrays, or among them."""
# Attribute in which a package leaves its version -> the package. It is looked for in the bytes, because joblib writes
# arrays as they are into the middle, behind which no word of the pickle machine can be read.
_MARKS = {b"_sklearn_version": "scikit-learn"}
_PUT = rb"(?:\x94|q.|r....|\np?\d*\n?)?"  # the name is put away under a number
_VALUE = rb"(?:X(?P<four>....)|[\x8cU](?P<one>.)|[VS]'?(?P<line>[\w.]+))"
_OPENERS: dict[bytes, Callable[[io.BytesIO], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
    b"\x5d\x00": lzma.LZMAFile,
}
_TEXT = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "SHORT_BINSTRING", "BINSTRING", "STRING")


@dataclass(frozen=True)
class PickleReading:
    """What a pickle says of itself: `names` as "module.name", `made_with` packages and the versions that marked it.

    `is_whole` says that it was read to its end; an array that joblib wrote in between ends the reading early.
    """

    names: frozenset[str] = frozenset()
    made_with: dict[str, str] = field(default_factory=dict)
    is_whole: bool = False


def read_pickle(content: bytes) -> PickleReading | None:
    """Read a pickle, packed by joblib or not; None if the content is none.

    >>> import pickle, fractions
    >>> sorted(read_pickle(pickle.dumps(fractions.Fraction(1, 2))).names)
    ['fractions.Fraction']
    """
    data = _unpacked(content)
    if not data.startswith((b"\x80", b"(", b"c", b"}", b"]")):
        return None
    reader = _Reader()
    whole = False
    try:
        for opcode, argument, _ in pickletools.genops(io.BytesIO(data)):
            reader.take(opcode.name, argument)
        whole = True
    except (ValueError, IndexError, EOFError):
        whole = False  # an array stands in the middle, or the end is missing: what was read until then counts
    if not whole and not reader.names:
        return None
    return PickleReading(frozenset(reader.names), _made_with(data), whole)


def _made_with(data: bytes) -> dict[str, str]:
    """Package -> version, for every mark."""
    found: dict[str, str] = {}
    for attribute, package in _MARKS.items():
        match = re.search(re.escape(attribute) + _PUT + _VALUE, data, re.DOTALL)
        if match and match["line"]:
            found[package] = match["line"].decode("ascii")
        elif match:
            length = int.from_bytes(match["four"] or match["one"], "little")
            found[package] = data[match.end() : match.end() + length].decode("ascii", "replace")
    return found


def _unpacked(content: bytes) -> bytes:
    try:
        if content[:1] == b"x" and (content[0] * 256 + content[1]) % 31 == 0:
            return zlib.decompressobj().decompress(content, BYTES_MAX)
        for magic, opener in _OPENERS.items():
            if content.startswith(magic):
                with opener(io.BytesIO(content)) as file:
                    return bytes(file.read(BYTES_MAX))
    except (OSError, EOFError, zlib.error, lzma.LZMAError, IndexError):
        return b""
    return content[:BYTES_MAX]


class _Reader:
    """Follows the words far enough to know names: the last texts on the stack, and what was put away under a number."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._texts: list[str] = []
        self._kept: dict[int, str] = {}
        self._number = 0
        self._is_text = False  # what was pushed last

    def take(self, word: str, argument: Any) -> None:
        """One word of the pickle with its argument."""
        if word in ("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"):
            self._keep(argument)
            return
        if word == "GLOBAL":
            self.names.add(str(argument).replace(" ", "."))
        elif word == "STACK_GLOBAL" and len(self._texts) > 1:
            self.names.add(".".join(self._texts[-2:]))
        text = self._kept.get(int(argument)) if word in ("BINGET", "LONG_BINGET", "GET") else None
        self._is_text = word in _TEXT or text is not None
        if self._is_text:
            self._push(str(argument) if text is None else text)

    def _push(self, text: str) -> None:
        self._texts.append(text)
        del self._texts[:-4]

    def _keep(self, argument: Any) -> None:
        number = self._number if argument is None else int(argument)
        self._number = number + 1
        if self._is_text:
            self._kept[number] = self._texts[-1]


def modules_of(reading: PickleReading) -> Iterator[str]:
    """The top-level modules that the names of a pickle lie in, sorted.

    >>> list(modules_of(PickleReading(frozenset({"sklearn.svm.SVC", "numpy.ndarray"}))))
    ['numpy', 'sklearn']
    """
    yield from sorted({name.partition(".")[0] for name in reading.names})
