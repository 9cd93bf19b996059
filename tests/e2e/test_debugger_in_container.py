"""The debugging walk of the guides: an image that waits for a debugger, run by hand and as a service."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from tests.dap import DapClient

from modelport import AciWebservice, CondaDependencies, Environment, InferenceConfig, Model, Workspace
from modelport.naming import NAME_LABEL, ROLE_LABEL
from modelport.sdk.arguments import opened

SCORE = """import json
import ptvsd
# Allows other computers to attach to ptvsd on this IP address and port.
ptvsd.enable_attach(address=('0.0.0.0', 5678), redirect_output = True)
# Wait 30 seconds for a debugger to attach. If none attaches, the script continues as normal.
ptvsd.wait_for_attach(timeout = 30)
print("Debugger attached...")
def init():
    pass
def run(raw):
    total = sum(json.loads(raw))
    return total
"""
BREAKPOINT = 12
PAUSE_SECONDS = 2.0
DEADLINE_MS = 400  # a fifth of the pause


@pytest.fixture
def ws(service_home, tmp_path, monkeypatch, scratch, base_image):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", base_image("3.11").replace("3.11", "{python}"))
    workspace = Workspace.create(f"ws-{scratch.key}", show_output=False)
    yield workspace
    for service in workspace.webservices.values():
        service.delete()
    opened(workspace).images.forget_all()


@pytest.fixture
def inference_config(tmp_path):
    """As in the guides: the conda file names ptvsd."""
    Path("score.py").write_text(SCORE)
    environment = Environment("env")
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["azureml-defaults", "ptvsd"])
    return InferenceConfig(entry_script="score.py", environment=environment)


def attached(host, port, tmp_path):
    """As an editor attaches by the launch.json of the guides."""
    mapping = {"localRoot": str(tmp_path), "remoteRoot": "/var/azureml-app"}
    breakpoints = {str(tmp_path / "score.py"): [BREAKPOINT]}
    return DapClient(port, host, timeout=60).attach(breakpoints, pathMappings=[mapping])


def walk(client, ask):
    """Stop at the breakpoint for much longer than the deadline, read a variable, go on; the answer."""
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask()))
    asking.start()
    thread = client.wait_stopped()
    time.sleep(PAUSE_SECONDS)
    assert client.variables(thread)["total"] == "6"
    client.go_on(thread)
    asking.join(30)
    client.detach()
    return answers[0]


def ask(port):
    body = json.dumps([1, 2, 3]).encode()
    deadline = time.monotonic() + 60
    while True:
        try:
            return json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/score", body, timeout=60))
        except (OSError, urllib.error.URLError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_the_image_of_the_guides_is_debugged_by_its_published_port(ws, inference_config, scratch, tmp_path):
    package = Model.package(ws, [], inference_config)
    package.wait_for_creation()
    ports = ["--publish", "127.0.0.1::5001", "--publish", "127.0.0.1::5678"]
    variables = ["--env", f"SCORING_TIMEOUT_MS={DEADLINE_MS}"]
    container = scratch.docker("run", "--detach", "--label", scratch.label, *ports, *variables, package.location)
    published = {
        inside: int(scratch.docker("port", container, inside).splitlines()[0].rpartition(":")[2])
        for inside in ("5001", "5678")
    }
    client = attached("127.0.0.1", published["5678"], tmp_path)
    assert walk(client, lambda: ask(published["5001"])) == 6


def test_a_service_in_a_container_is_debugged_by_the_address_of_its_container(
    ws, inference_config, scratch, tmp_path
):
    config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=0.5, scoring_timeout_ms=DEADLINE_MS)
    name = f"svc-{scratch.key}"
    service = Model.deploy(ws, name, [], inference_config, config)
    labels = [f"label={NAME_LABEL}={name}", f"label={ROLE_LABEL}=replica"]
    listing = ["ps", "--quiet", "--filter", labels[0], "--filter", labels[1]]
    deadline = time.monotonic() + 100
    while not (container := scratch.docker(*listing)):
        assert time.monotonic() < deadline, service.get_logs()
        time.sleep(0.2)
    address = scratch.docker(
        "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container
    )
    client = attached(address, 5678, tmp_path)
    service.wait_for_deployment()
    assert walk(client, lambda: service.run(json.dumps([1, 2, 3]))) == 6
