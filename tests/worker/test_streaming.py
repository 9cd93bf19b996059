"""Results that come piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from modelport.worker.answer import StreamFailed
from modelport.worker.convert import answer_of


@pytest.mark.parametrize(
    ("items", "content_type", "chunks"),
    [
        (["a", "", "é"], "text/plain; charset=utf-8", [b"a", "é".encode()]),
        (["data: 1\n\n"], "text/event-stream; charset=utf-8", [b"data: 1\n\n"]),
        ([b"\0", bytearray(b"\1")], "application/octet-stream", [b"\0", b"\1"]),
        ([{"a": 1}, [2]], "application/x-ndjson", [b'{"a": 1}\n', b"[2]\n"]),
        ([], "text/plain; charset=utf-8", []),
    ],
)
def test_the_first_item_decides_the_content_type(items: list[object], content_type: str, chunks: list[bytes]) -> None:
    answer = answer_of(iter(items))
    assert (answer.content_type, list(answer.chunks or ())) == (content_type, chunks)


def test_a_failure_after_the_first_chunk_is_logged_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    def words() -> Iterator[str]:
        yield "a"
        raise ValueError("the reason")

    chunks = answer_of(words()).chunks
    assert chunks is not None and next(chunks) == b"a"
    with pytest.raises(StreamFailed, match="ValueError"):
        next(chunks)
    assert "the reason" in capsys.readouterr().err


def test_closing_runs_the_finally_of_the_generator() -> None:
    ended = []

    def words() -> Iterator[str]:
        try:
            while True:
                yield "a"
        finally:
            ended.append(True)

    answer_of(words()).chunks.close()  # type: ignore[union-attr]
    assert ended == [True]


def test_closing_runs_the_finally_of_an_async_generator() -> None:
    ended = []

    async def words() -> AsyncIterator[str]:
        try:
            while True:
                yield "a"
        finally:
            ended.append(True)

    answer = answer_of(words())
    assert answer.chunks is not None and next(answer.chunks) == b"a"
    answer.chunks.close()  # type: ignore[attr-defined]
    assert ended == [True]
