"""The wire: whatever is packed is unpacked, however the stream is cut; whatever is not of it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.worker import wire

FRAMES = st.lists(
    st.tuples(
        st.sampled_from(sorted(wire.SERVER_KINDS)),
        st.integers(0, 255),
        st.integers(0, 2**64 - 1),
        st.binary(max_size=200),
    ),
    max_size=6,
)


@given(frames=FRAMES, cuts=st.lists(st.integers(1, 50), max_size=40))
def test_frames_survive_any_cutting_of_the_stream(frames: list[tuple[int, int, int, bytes]], cuts: list[int]) -> None:
    stream = b"".join(wire.pack(kind, request, payload, flags) for kind, flags, request, payload in frames)
    reader = wire.FrameReader(wire.SERVER_KINDS)
    found = []
    for size in cuts:
        found += reader.feed(stream[:size]) if stream else []
        stream = stream[size:]
    found += reader.feed(stream)
    assert [(kind, flags, request, bytes(payload)) for kind, flags, request, payload in found] == frames


@given(
    begin_before=st.floats(0, 1e9),
    request_id=st.binary(max_size=100),
    head=st.binary(max_size=50),
    body=st.binary(max_size=99),
)
def test_requests_come_out_as_they_went_in(begin_before: float, request_id: bytes, head: bytes, body: bytes) -> None:
    frame = wire.pack_request(7, body, request_id, begin_before, head)
    [(kind, flags, request, payload)] = wire.FrameReader(wire.SERVER_KINDS).feed(frame)
    assert (kind, flags, request) == (wire.REQUEST, 0, 7)
    assert wire.unpack_request(payload) == (begin_before, request_id, head, body)


@given(status=st.integers(200, 599), seconds=st.floats(0, 1e6), head=st.binary(max_size=9), body=st.binary(max_size=99))
def test_answers_come_out_as_they_went_in(status: int, seconds: float, head: bytes, body: bytes) -> None:
    frame = wire.pack_answer(wire.ANSWER, 9, status, seconds, head, body, wire.FLAG_PROBLEM)
    [(kind, flags, request, payload)] = wire.FrameReader(wire.WORKER_KINDS).feed(frame)
    assert (kind, flags, request) == (wire.ANSWER, wire.FLAG_PROBLEM, 9)
    assert wire.unpack_answer(payload) == (status, seconds, head, body)


@given(rubbish=st.binary(min_size=16, max_size=64))
def test_rubbish_is_refused_or_is_a_frame(rubbish: bytes) -> None:
    reader = wire.FrameReader(wire.WORKER_KINDS, payload_bytes_max=1000)
    if rubbish[6:8] == b"MP" and rubbish[4] in wire.WORKER_KINDS and int.from_bytes(rubbish[:4], "big") <= 1000:
        reader.feed(rubbish)
    else:
        with pytest.raises(wire.WireError):
            reader.feed(rubbish)


@given(payload=st.binary(max_size=40))
def test_unpacking_any_payload_succeeds_or_raises_wire_error(payload: bytes) -> None:
    for unpack in (wire.unpack_request, wire.unpack_answer, wire.unpack_json):
        try:
            unpack(payload)
        except wire.WireError:
            continue


def test_a_long_answer_is_kept_for_a_request_that_waits_for_one_alone() -> None:
    head = wire.HEAD.pack(wire.PAYLOAD_BYTES_MAX + 1, wire.ANSWER, 0, wire.MAGIC, 7)
    for pieces in ([head + b"x"], [head[:9], head[9:]]):
        expecting = wire.FrameReader(wire.WORKER_KINDS, expects=lambda request: request == 7)
        assert [expecting.feed(piece) for piece in pieces] == [[]] * len(pieces)
        with pytest.raises(wire.WireError, match="not a frame"):
            other = wire.FrameReader(wire.WORKER_KINDS, expects=lambda request: request == 8)
            for piece in pieces:
                other.feed(piece)


def test_an_answer_over_the_limit_is_refused_by_its_head() -> None:
    reader = wire.FrameReader(wire.WORKER_KINDS, expects=lambda _: True)
    with pytest.raises(wire.WireError, match="length 134217729"):
        reader.feed(wire.HEAD.pack(wire.ANSWER_BYTES_MAX + 1, wire.ANSWER, 0, wire.MAGIC, 7))


def test_a_frame_of_the_other_direction_is_refused() -> None:
    with pytest.raises(wire.WireError, match="kind 18"):
        wire.FrameReader(wire.SERVER_KINDS).feed(wire.pack(wire.ANSWER, 1))


def test_slots_tell_what_runs_and_since_when() -> None:
    memory = bytearray(3 * wire.SLOT_BYTES)
    slots = wire.Slots(memory, 3)
    slots.begin(0, 41, 1.5)
    slots.begin(2, 42, 2.5)
    assert wire.Slots(memory, 3).begun() == {41: 1.5, 42: 2.5}
    slots.clear(0)
    assert slots.begun() == {42: 2.5}
