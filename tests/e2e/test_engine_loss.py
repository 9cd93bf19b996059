"""An engine that is stopped in the middle of a deployment or an update, and started again."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from tests.containers import left_in_engine
from tests.engine import own_daemon, wait_for

from modelport.errors import DeploymentError, EngineError
from modelport.images.wish import ImageScript, ImageWish
from modelport.manifest import Container
from modelport.naming import WORKSPACE_LABEL
from modelport.services.request import ServiceChange, ServiceRequest
from modelport.services.status import RUNNING
from modelport.settings import read_settings
from modelport.workspace import Home

SLOW = "import time\ndef init():\n    time.sleep(2)\ndef run(data):\n    return 'answer'\n"


@pytest.fixture
def image(tmp_path, scratch, base_image):
    """The id of an image with a script whose init() takes its time, and the archive that holds it."""
    (tmp_path / "score.py").write_text(SLOW)
    settings = replace(read_settings(), home=tmp_path / "builder", base_image=base_image("3.11"))
    workspace = Home(settings).create(f"ws-{scratch.key}")
    record = workspace.images.build(ImageWish("slow", script=ImageScript(str(tmp_path / "score.py"))))
    archive = tmp_path / "image.tar"
    scratch.docker("save", "--output", archive, record.image_id, timeout_seconds=300)
    yield record.image_id, archive
    workspace.images.forget_all()


@pytest.fixture
def daemon(image):
    with own_daemon() as made:
        loaded = made.engine.run(["load", "--input", image[1]], timeout_seconds=300)
        assert loaded.exit_code == 0, loaded.stderr
        yield made


@pytest.fixture
def workspace(daemon, service_home):
    settings = read_settings()
    environ = {**settings.environ, "DOCKER_HOST": daemon.host}
    return Home(replace(settings, environ=environ)).create("demo")


class Stop:
    """Sees the steps of an operation, and stops the engine so long after its containers are begun."""

    def __init__(self, daemon, after_seconds):
        self.timer = threading.Timer(after_seconds, daemon.stop)
        self.is_at_once = not after_seconds

    def __call__(self, event):
        if (event.kind, event.status) == ("launch", "started"):
            self.timer.start()
            if self.is_at_once:
                self.timer.join()


def test_deployment_that_loses_its_engine_leaves_nothing_and_works_when_run_again(workspace, daemon, image):
    manager = workspace.services
    request = ServiceRequest("mysvc", target="container", container=Container(image=image[0]))
    with pytest.raises(EngineError):
        manager.deploy(request, report=Stop(daemon, 0))
    assert manager.names() == []
    daemon.start()
    manager.deploy(request)
    assert manager.wait("mysvc").status.state == RUNNING
    manager.delete("mysvc")
    assert left_in_engine(daemon.engine, f"{WORKSPACE_LABEL}={workspace.id}") == []


# The docker SDK leaves the socket that found nobody to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_update_that_loses_its_engine_tells_so_and_converges_when_run_again(workspace, daemon, image):
    manager = workspace.services
    manager.deploy(ServiceRequest("mysvc", target="container", container=Container(image=image[0])))
    manager.wait("mysvc")
    stop = Stop(daemon, 1.5)  # while the new container is in its init()
    with pytest.raises(EngineError):
        manager.update("mysvc", ServiceChange(), report=stop)
    stop.timer.join()
    status = manager.get("mysvc").status
    assert status.conditions[0].reason == "EngineUnavailable"
    daemon.start()
    wait_for(lambda: manager.get("mysvc").status.state == RUNNING, "the engine starts what served before")
    assert manager.get("mysvc").revision == 1
    with pytest.raises(DeploymentError) as caught:
        manager.wait("mysvc")
    assert caught.value.code == "rollout-interrupted"
    manager.update("mysvc", ServiceChange())
    found = manager.wait("mysvc")
    assert (found.status.state, found.revision) == (RUNNING, 2)
    manager.delete("mysvc")
    assert left_in_engine(daemon.engine, f"{WORKSPACE_LABEL}={workspace.id}") == []
