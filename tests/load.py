"""Requests at a steady rate, beside what a test does to the service."""

from __future__ import annotations

import threading
import time

import urllib3

REQUESTS_PER_SECOND = 100


class Load:
    """Requests at a steady rate over a few kept connections; what was not answered with 200 is counted."""

    def __init__(self, uri: str) -> None:
        self._uri = uri.replace("localhost", "127.0.0.1")
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(4)]
        self.answers: list[bytes] = []
        self.failures: list[str] = []

    def _work(self) -> None:
        with urllib3.PoolManager(retries=False) as pool:
            while not self._over.is_set():
                started = time.monotonic()
                try:
                    answer = pool.request("POST", self._uri, body=b"1", timeout=10)
                    (self.answers if answer.status == 200 else self.failures).append(answer.data)
                except urllib3.exceptions.HTTPError as error:
                    self.failures.append(repr(error))
                self._over.wait(max(0.0, len(self._threads) / REQUESTS_PER_SECOND - (time.monotonic() - started)))

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
