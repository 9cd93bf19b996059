"""Requests that no decent client sends: made from a seed, so that each can be sent again.

An attack is a list of steps on one connection: bytes to send, a pause, a half-close. Its bytes are valid requests that
were bent by one or two mutations, or one of the shapes that are known to break servers.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass, field

METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PRI", b"M-SEARCH",
           b"QUERY", b"get", b"P\x00ST", b"", b"GETGETGET" * 40, b"\xff\xfe"]  # fmt: skip
TARGETS = [b"/", b"/score", b"/livez", b"/readyz?verbose", b"/metrics", b"/swagger.json?version=3", b"/openapi.json",
           b"*", b"//", b"/../../etc/passwd", b"/%00", b"/score?" + b"a=1&" * 3000, b"http://x/score", b"http://",
           b"x:443", b"/\xff\xfe", b"/score#frag", b"/score?x=\x01", b"/" + b"a" * 70_000, b"?", b""]  # fmt: skip
VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.11", b"HTTP/9.9", b"http/1.1", b"HTTP/1.", b"",
            b"ICY/1.0", b"RTSP/1.0", b"HTTP/1.1 HTTP/1.1"]  # fmt: skip
HEADERS = [b"content-length: 3", b"content-length: -1", b"content-length: +3", b"content-length: 3, 3",
           b"content-length: 0x3", b"content-length: 99999999999999999999999", b"content-length: ",
           b"Content-Length : 3",
           b"transfer-encoding: chunked", b"transfer-encoding: gzip, chunked", b"transfer-encoding: chunked, identity",
           b"transfer-encoding: xchunked", b"Transfer-Encoding:\x0bchunked", b"expect: 100-continue",
           b"expect: 200-maybe",
           b"connection: close", b"connection: upgrade\r\nupgrade: h2c", b"connection: keep-alive, close, \xff",
           b"content-type: text/plain", b"content-type: application/json; charset=\x00", b"content-encoding: gzip",
           b"host: a\r\nhost: b", b"x-request-id: " + b"r" * 101, b"x-request-id: \xff\xfe\x80", b"x-request-id: ",
           b"x-ms-client-request-id: " + b"c" * 5000, b": no name", b"no colon", b"fold: a\r\n b\r\n\tc",
           b"nul: a\x00b",
           b"bare: a\rb", b"bare: a\nb", b"origin: null", b"authorization: Bearer " + b"k" * 4000, b"\x00\x01: x",
           b"cookie: " + b"c=d; " * 2000, b"range: bytes=0-0,1-1,2-2"]  # fmt: skip
CHUNKED = [b"3\r\n[1]\r\n0\r\n\r\n", b"3\r\n[1]\r\n0\r\n", b"ffffffffffffffff\r\n[1]", b"-3\r\n[1]\r\n0\r\n\r\n",
           b"3;a=b\r\n[1]\r\n0\r\n\r\n",
           b"3\n[1]\n0\n\n", b"zz\r\n[1]\r\n0\r\n\r\n", b"3\r\n[1]xx0\r\n\r\n", b"0" * 5000 + b"3\r\n[1]\r\n0\r\n\r\n",
           b"3;" + b"e" * 40_000 + b"\r\n[1]\r\n0\r\n\r\n", b"3\r\n[1]\r\n0\r\ntrailer: t\r\n\r\n",
           b"3\r\n[1]\r\n0\r\n" + b"t: u\r\n" * 9000 + b"\r\n", b"1\r\n[\r\n1\r\n1\r\n1\r\n]\r\n0\r\n\r\n"]  # fmt: skip
BOMB = gzip.compress(b"0" * 10_000_000)


@dataclass
class Attack:
    """What one connection does: `parts` are sent one after the other, `pauses_seconds` between them; then the client
    half-closes, resets or waits for an answer."""

    name: str
    parts: list[bytes]
    pause_seconds: float = 0.0
    end: str = "wait"  # or "half-close", "reset", "leave"
    tags: list[str] = field(default_factory=list)


def score(body: bytes, *headers: bytes) -> bytes:
    """A valid scoring request."""
    lines = [b"POST /score HTTP/1.1", b"host: x", b"content-type: application/json", b"content-length: %d" % len(body)]
    return b"\r\n".join([*lines, *headers, b"", body])


class Garbage:
    """An endless, repeatable supply of attacks."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._shapes: list[Callable[[], Attack]] = [
            self._bent, self._bent, self._bent, self._assembled, self._assembled, self._assembled, self._chunked,
            self._lengths, self._flood, self._pipeline, self._bomb, self._rubbish, self._dribble, self._cut_body,
            self._streamed,
        ]  # fmt: skip

    def next(self) -> Attack:
        """One more."""
        random = self._random
        attack = random.choice(self._shapes)()
        if random.random() < 0.3:  # cut into pieces, so that every state of the parser sees an end of its input
            data = b"".join(attack.parts)
            cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.randint(1, 4)))
            attack.parts = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
            attack.pause_seconds = random.choice((0.0, 0.001, 0.01))
        if random.random() < 0.25:
            attack.end = random.choice(("half-close", "reset", "leave"))
        return attack

    def _bent(self) -> Attack:
        """A valid request with some of its bytes changed, left out, doubled or cut off."""
        random = self._random
        data = bytearray(random.choice((score(b'{"yours": 1}'), b"GET /score?a=1&b=2 HTTP/1.1\r\nhost: x\r\n\r\n",
                                        b"GET /metrics HTTP/1.1\r\nhost: x\r\naccept: */*\r\n\r\n")))  # fmt: skip
        for _ in range(random.randint(1, 3)):
            at = random.randrange(len(data)) if data else 0
            what = random.randrange(5)
            if what == 0:
                data[at : at + 1] = bytes([random.randrange(256)])
            elif what == 1:
                del data[at : at + random.randint(1, 20)]
            elif what == 2:
                data[at:at] = random.choice((b"\x00", b"\r", b"\n", b"\r\n", b" ", b"\t", b"\xff", b":", b"\r\n\r\n"))
            elif what == 3:
                data[at:at] = data[at : at + random.randint(1, 40)] * random.randint(1, 3)
            else:
                del data[at:]
        return Attack("bent", [bytes(data)])

    def _assembled(self) -> Attack:
        """A head of odd parts."""
        random = self._random
        line = b" ".join((random.choice(METHODS), random.choice(TARGETS), random.choice(VERSIONS)))
        headers = [b"host: x", *random.choices(HEADERS, k=random.randint(0, 4))]
        return Attack("assembled", [b"\r\n".join([line, *headers, b"", random.choice((b"", b"[1]", b"[1]" * 99))])])

    def _chunked(self) -> Attack:
        head = b"POST /score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        return Attack("chunked", [head + self._random.choice(CHUNKED)])

    def _lengths(self) -> Attack:
        """A length that is wrong, or two that differ."""
        random = self._random
        body = b"[" + b"1," * random.randint(0, 2000) + b"1]"
        told = [b"content-length: %d" % max(0, len(body) + random.choice((-7, -1, 1, 9, 5000, 200_000_000)))]
        if random.random() < 0.5:
            told.append(random.choice((b"content-length: %d" % len(body), b"transfer-encoding: chunked")))
            random.shuffle(told)
        return Attack("lengths", [b"\r\n".join([b"POST /score HTTP/1.1", b"host: x", *told, b"", body])])

    def _flood(self) -> Attack:
        """Many headers, or one of 64 kB."""
        random = self._random
        many = [b"h%d: %s" % (number, b"v" * random.randint(0, 40)) for number in range(random.choice((50, 900, 5000)))]
        headers = random.choice((many, [b"big: " + b"x" * 65_536], [b"n" * 65_536 + b": x"]))
        return Attack("flood", [b"\r\n".join([b"GET /score?x=1 HTTP/1.1", b"host: x", *headers, b"", b""])])

    def _pipeline(self) -> Attack:
        """Many requests at once, all valid or with one that is not among them."""
        random = self._random
        kinds = (score(b"[1]"), b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET /score?a=b HTTP/1.1\r\nhost: x\r\n\r\n",
                 score(b"not json"), b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")  # fmt: skip
        requests = random.choices(kinds, k=random.choice((3, 17, 60, 300)))
        if random.random() < 0.4:
            requests.insert(random.randrange(len(requests)), self._bent().parts[0])
        return Attack("pipeline", [b"".join(requests)])

    def _bomb(self) -> Attack:
        """A small body that would be large if anybody unpacked it; or one that makes a parser recurse."""
        random = self._random
        body = random.choice((BOMB, b"[" * 100_000, b'{"a":' * 20_000, b"9" * 50_000, b'"\\ud800"', b"\xff" * 300_000))
        return Attack("bomb", [score(body, *random.choice(((), (b"content-encoding: gzip",))))])

    def _rubbish(self) -> Attack:
        """Bytes of chance, another protocol's first words, or nothing but line ends."""
        random = self._random
        kinds = (random.randbytes(random.randint(1, 3000)), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                 b"\r\n" * random.randint(1, 30_000), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 500,
                 b"SSH-2.0-x\r\n", b"EHLO x\r\n", b"*1\r\n$4\r\nPING\r\n")  # fmt: skip
        return Attack("rubbish", [random.choice(kinds)])

    def _dribble(self) -> Attack:
        """A few bytes at a time."""
        data = score(b"[1]")
        return Attack("dribble", [data[at : at + 9] for at in range(0, len(data), 9)], pause_seconds=0.001)

    def _cut_body(self) -> Attack:
        """A body that never comes whole; the client leaves in the middle."""
        random = self._random
        size = random.choice((10, 5000, 400_000, 3_000_000))
        return Attack("cut-body", [score(b"x" * size)[: -random.randint(1, size - 1)]],
                      end=random.choice(("reset", "leave", "half-close")))  # fmt: skip

    def _streamed(self) -> Attack:
        """A streamed answer whose reader leaves."""
        return Attack("streamed", [score(b'{"stream": 40}')], end=self._random.choice(("wait", "reset", "leave")))
