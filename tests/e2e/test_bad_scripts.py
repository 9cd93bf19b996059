"""Every script that cannot serve is told at once, the user's own line first; what served before goes on serving."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest

from modelport import DeploymentError, InferenceConfig, LocalWebservice, Model, ModelportError, Workspace

GOOD = "def init():\n    pass\ndef run(data):\n    return 'good'\n"
RUN = "def run(data):\n    return data\n"
BAD = {
    # name: (script, line of the user's script, words that the error holds)
    "init raises": ("def init():\n    raise ValueError('no luck')\n" + RUN, 2, "no luck"),
    "init exits": ("import sys\ndef init():\n    sys.exit(5)\n" + RUN, 0, "5"),
    "init dies": ("import os\ndef init():\n    os._exit(7)\n" + RUN, 0, "exit code 7"),
    "init is killed": ("import os\ndef init():\n    os.kill(os.getpid(), 9)\n" + RUN, 0, "SIGKILL"),
    "missing module": ("import not_to_be_found\ndef init():\n    pass\n" + RUN, 1, "not_to_be_found"),
    "syntax error": ("def init():\n    x = = 1\n" + RUN, 2, "does not parse"),
    "no run": ("def init():\n    pass\n", 0, "run"),
    "no init": (RUN, 0, "init"),
    "run without parameters": ("def init():\n    pass\ndef run():\n    return 1\n", 3, "run"),
    "init with parameters": ("def init(path):\n    pass\n" + RUN, 1, "init"),
    "model file missing": (
        "import os\ndef init():\n    open(os.environ['AZUREML_MODEL_DIR'] + '/nope.pkl')\n" + RUN, 3, "nope.pkl"
    ),
    "model not found": (
        "from azureml.core.model import Model\ndef init():\n    Model.get_model_path('other')\n" + RUN, 3, "other"
    ),
}  # fmt: skip
HANGS = "import time\ndef init():\n    time.sleep(60)\n" + RUN
SECONDS_MAX = 2.0


@pytest.fixture
def ws(service_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace.create("demo", show_output=False)
    Path("model.pkl").write_text("weights")
    yield workspace
    for service in workspace.webservices.values():
        service.delete()


def deploy(ws, script, **options):
    Path("score.py").write_text(textwrap.dedent(script))
    configuration = LocalWebservice.deploy_configuration(**options)
    service = Model.deploy(ws, "mysvc", ["model.pkl"], InferenceConfig("score.py"), configuration)
    service.wait_for_deployment()
    return service


@pytest.mark.parametrize("name", BAD)
def test_deploy_fails_at_once_and_names_the_line(ws, name):
    script, line, words = BAD[name]
    started = time.monotonic()
    with pytest.raises(ModelportError) as caught:
        deploy(ws, script)
    assert time.monotonic() - started < SECONDS_MAX
    text = str(caught.value)
    assert words in text and caught.value.remedy
    path = Path("score.py").absolute()
    if line:
        assert f'File "{path}", line {line}' in text or f"{path}:{line}" in text, text
    assert "revisions/1/app/score.py" not in text  # the user's own file, not our copy of it


@pytest.mark.parametrize("name", BAD)
def test_update_fails_and_the_old_revision_goes_on(ws, name):
    service = deploy(ws, GOOD)
    script, _, words = BAD[name]
    Path("score.py").write_text(script)
    started = time.monotonic()
    with pytest.raises(ModelportError, match=words):
        service.update(inference_config=InferenceConfig("score.py"))
    assert time.monotonic() - started < SECONDS_MAX
    assert service.run("1") == "good" and service.state == "running"


def test_init_that_hangs_fails_when_its_time_is_over(ws):
    started = time.monotonic()
    with pytest.raises(DeploymentError, match="init_timeout_seconds"):
        deploy(ws, HANGS, init_timeout_seconds=1)
    assert 1.0 <= time.monotonic() - started < 1.0 + SECONDS_MAX
