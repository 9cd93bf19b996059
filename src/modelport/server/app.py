"""The paths of a replica and who may ask for them; everything but scoring is answered here."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

from modelport.server import metrics as metrics_module
from modelport.server.answers import dumps
from modelport.server.connection import Connection, answer_problem
from modelport.server.exchange import Exchange
from modelport.server.keys import KeyRing
from modelport.server.lifecycle import Lifecycle
from modelport.server.metrics import Metrics
from modelport.server.problem import Problem
from modelport.server.response import JSON_TYPE

_TEXT_TYPE = (b"content-type", b"text/plain; charset=utf-8")
_SCORE_METHODS = ("POST", "GET", "OPTIONS")
_READ_METHODS = ("GET", "HEAD")
_SWAGGER_VERSIONS = {"2": "2", "2.0": "2", "3": "3", "3.0": "3", "3.1": "3.1"}

_NO_KEY = "Send one of the service's keys as 'Authorization: Bearer <key>'."
_OTHER_KEY = "The key that came is none of the service's; send one of them as 'Authorization: Bearer <key>'."


def _brings_key(exchange: Exchange) -> bool:
    return any(name.lower() == b"authorization" for name, _ in exchange.headers)


class App:
    """Routes requests: scoring to the pool, the rest to the small answers below."""

    def __init__(self, lifecycle: Lifecycle, metrics: Metrics, connections: set[Connection]) -> None:
        self._lifecycle = lifecycle
        self._pool = lifecycle.pool
        self._metrics = metrics
        self._connections = connections
        self._key_rings: dict[str, KeyRing] = {}
        self._routes: dict[bytes, tuple[tuple[str, ...], Callable[[Exchange], None]]] = {
            b"/score": (_SCORE_METHODS, self._score),
            b"/": (_READ_METHODS, self._root),
            b"/livez": (_READ_METHODS, self._live),
            b"/readyz": (_READ_METHODS, self._ready),
            b"/startupz": (_READ_METHODS, self._started),
            b"/metrics": (_READ_METHODS, self._show_metrics),
            b"/swagger.json": (_READ_METHODS, self._swagger),
            b"/openapi.json": (_READ_METHODS, self._openapi),
        }

    # -- what a connection asks ----------------------------------------------------------------------------------

    def begin(self, exchange: Exchange) -> Problem | None:
        """Refuse what can be refused from the headers alone; browsers of configured origins may read the refusal."""
        problem = self._refusal(exchange)
        cors = self._lifecycle.answers.cors_headers(exchange) if problem else ()
        return replace(problem, headers=(*problem.headers, *cors)) if problem and cors else problem

    def _refusal(self, exchange: Exchange) -> Problem | None:
        route = self._routes.get(exchange.path)
        if route is None:
            paths = ", ".join(sorted(path.decode() for path in self._routes))
            return Problem("path-unknown", f"{exchange.path.decode('latin-1')!r} is not one of {paths}.")
        if exchange.method not in route[0]:
            allowed = ", ".join(route[0])
            detail = f"{exchange.method} is not one of {allowed} at this path."
            return Problem("method-not-allowed", detail, headers=((b"allow", allowed.encode()),))
        if exchange.path not in (b"/score", b"/swagger.json", b"/openapi.json"):
            return None
        if self._lifecycle.draining and exchange.path == b"/score":
            return Problem("draining", "The service is shutting down; send this to another replica.", 1)
        if self._lifecycle.manifest.auth_enabled and exchange.method != "OPTIONS" and not self._has_key(exchange):
            detail = _OTHER_KEY if _brings_key(exchange) else _NO_KEY
            return Problem("key-missing", detail, headers=((b"www-authenticate", b"Bearer"),))
        return None

    def handle(self, exchange: Exchange) -> None:
        """Answer a complete request, or hand it to the pool."""
        self._routes[exchange.path][1](exchange)

    def refused(self, exchange: Exchange, problem: Problem) -> None:
        """Keep on the record what was refused, and why."""
        self._lifecycle.request_refused(exchange, problem)

    def leave(self, exchange: Exchange) -> None:
        """The client has gone."""
        self._pool.leave(exchange)

    def drained(self, exchange: Exchange, size: int) -> None:
        """The client has taken part of a stream."""
        self._pool.give_credit(exchange, size)

    def finished(self, status: int) -> None:
        """Count the answer."""
        self._metrics.answers[status] += 1

    def _has_key(self, exchange: Exchange) -> bool:
        path = self._lifecycle.manifest.places.keys_file
        if path not in self._key_rings:
            self._key_rings[path] = KeyRing(Path(path))
        return self._key_rings[path].accepts(exchange)

    # -- the paths -----------------------------------------------------------------------------------------------

    def _score(self, exchange: Exchange) -> None:
        if exchange.method != "OPTIONS":
            self._pool.submit(exchange)
            return
        headers = [(b"allow", ", ".join(_SCORE_METHODS).encode()), *self._lifecycle.answers.cors_headers(exchange)]
        if len(headers) > 1:
            headers += [
                (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
                (b"access-control-allow-headers", b"authorization, content-type, x-request-id, x-ms-client-request-id"),
                (b"access-control-max-age", b"600"),
            ]
        exchange.connection.answer(exchange, 200, headers, b"")

    def _root(self, exchange: Exchange) -> None:
        if self._lifecycle.was_ready and not self._lifecycle.draining:
            exchange.connection.answer(exchange, 200, [(b"content-type", b"text/html; charset=utf-8")], b"Healthy")
        else:
            self._text(exchange, 503, f"Not ready: {self._lifecycle.state}\n")

    def _live(self, exchange: Exchange) -> None:
        self._conditions(exchange, {"loop": True})

    def _ready(self, exchange: Exchange) -> None:
        conditions = {"worker-ready": bool(self._pool.active), "not-draining": not self._lifecycle.draining}
        self._conditions(exchange, conditions)

    def _started(self, exchange: Exchange) -> None:
        self._conditions(exchange, {"was-ready-once": self._lifecycle.was_ready})

    def _conditions(self, exchange: Exchange, conditions: dict[str, bool]) -> None:
        status = 200 if all(conditions.values()) else 503
        lines = [f"{name}: {'ok' if holds else 'no'}" for name, holds in conditions.items()]
        if "verbose" in parse_qs(exchange.query.decode("latin-1"), keep_blank_values=True):
            lines.append(f"state: {self._lifecycle.state}")
            lines.append(f"revision: {self._lifecycle.manifest.revision}")
            lines.append(f"queue length: {len(self._pool.line)}")
        self._text(exchange, status, "\n".join(lines) + "\n")

    def _show_metrics(self, exchange: Exchange) -> None:
        body = metrics_module.render(self._metrics, self._pool, len(self._connections))
        content_type = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
        exchange.connection.answer(exchange, 200, [content_type], body)

    def _swagger(self, exchange: Exchange) -> None:
        asked = parse_qs(exchange.query.decode("latin-1")).get("version", ["2"])[-1]
        self._describe(exchange, asked)

    def _openapi(self, exchange: Exchange) -> None:
        self._describe(exchange, "3.1")

    def _describe(self, exchange: Exchange, asked: str) -> None:
        version = _SWAGGER_VERSIONS.get(asked)
        if version is None:
            answer_problem(
                exchange, Problem("swagger-version-unknown", f"Version {asked!r} is not one of 2, 3, 3.1.")
            )
            return
        document = self._lifecycle.description.get("swagger", {}).get(version)
        if document is None:
            answer_problem(exchange, Problem("not-ready", "The script has not been loaded yet.", 1))
            return
        headers = [JSON_TYPE, *self._lifecycle.answers.cors_headers(exchange)]
        exchange.connection.answer(exchange, 200, headers, dumps(document))

    def _text(self, exchange: Exchange, status: int, text: str) -> None:
        exchange.connection.answer(exchange, status, [_TEXT_TYPE], text.encode())


class RequestIds:
    """Fresh request ids, unique over processes and restarts, in the form of a UUID; cheaper than making one each."""

    def __init__(self) -> None:
        self._prefix = self._new_prefix()
        self._count = 0

    @staticmethod
    def _new_prefix() -> str:
        random = secrets.token_hex(10)
        return f"{random[:8]}-{random[8:12]}-4{random[12:15]}-a{random[15:18]}-"

    def __call__(self) -> bytes:
        """The next id."""
        self._count += 1
        return f"{self._prefix}{self._count:012x}".encode()
