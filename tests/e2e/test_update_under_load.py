"""Updates while requests come: none of them may fail."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import urllib3

from modelport import InferenceConfig, LocalWebservice, Model, Workspace

SCRIPT = "def init():\n    pass\ndef run(data):\n    return 'version 0'\n"
REQUESTS_PER_SECOND = 100


@pytest.fixture
def ws(service_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace.create("demo", show_output=False)
    yield workspace
    for service in workspace.webservices.values():
        service.delete()


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


def test_updates_lose_no_request(ws):
    Path("score.py").write_text(SCRIPT)
    configuration = LocalWebservice.deploy_configuration(max_request_wait_time=5000)
    service = Model.deploy(ws, "mysvc", [], InferenceConfig("score.py"), configuration)
    service.wait_for_deployment()
    with Load(service.scoring_uri) as load:
        for number in (1, 2):
            time.sleep(0.3)
            Path("score.py").write_text(SCRIPT.replace("version 0", f"version {number}"))
            service.update(inference_config=InferenceConfig("score.py"))
            assert service.run("1") == f"version {number}"
        time.sleep(0.3)
    assert load.failures == []
    assert {bytes(answer) for answer in load.answers} == {b'"version 0"', b'"version 1"', b'"version 2"'}
