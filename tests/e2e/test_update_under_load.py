"""Updates while requests come: none of them may fail."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.load import Load

from modelport import InferenceConfig, LocalWebservice, Model, Workspace

SCRIPT = "def init():\n    pass\ndef run(data):\n    return 'version 0'\n"


@pytest.fixture
def ws(service_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace.create("demo", show_output=False)
    yield workspace
    for service in workspace.webservices.values():
        service.delete()


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
