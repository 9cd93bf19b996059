"""Services in containers from end to end, as programs deploy them: a model of scikit-learn, its updates, its end."""

from __future__ import annotations

import datetime
import json
import pickle
import time
from pathlib import Path

import pytest
import sklearn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sklearn.linear_model import Ridge
from tests.containers import left_in_engine
from tests.load import Load

from modelport import (
    AciWebservice,
    CondaDependencies,
    ContainerWebservice,
    Environment,
    InferenceConfig,
    LocalWebservice,
    Model,
    Webservice,
    Workspace,
)
from modelport.errors import DeploymentError
from modelport.naming import NAME_LABEL, WORKSPACE_LABEL
from modelport.sdk.arguments import opened

RIDGE = """
import json, os, pickle
def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "ridge.pkl"), "rb") as file:
        model = pickle.load(file)
def run(data):
    return [round(value, 6) for value in model.predict(json.loads(data)["data"])]
"""
PLAIN = "def init():\n    print('init ran')\ndef run(data):\n    return 'version 0'\n"
ONE = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=0.5)


@pytest.fixture
def ws(service_home, tmp_path, monkeypatch, scratch, base_image):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", base_image("3.11").replace("3.11", "{python}"))
    workspace = Workspace.create(f"ws-{scratch.key}", show_output=False)
    yield workspace
    for service in workspace.webservices.values():
        service.delete()
    assert left_in_engine(scratch.engine, f"{WORKSPACE_LABEL}={opened(workspace).id}") == []
    opened(workspace).images.forget_all()


@pytest.fixture
def sklearn_environment():
    environment = Environment("ridge")
    packages = [f"scikit-learn=={sklearn.__version__}"]
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=packages)
    return environment


def deployed(ws, name, script=PLAIN, config=ONE):
    Path("score.py").write_text(script)
    service = Model.deploy(ws, name, [], InferenceConfig("score.py"), config)
    service.wait_for_deployment()
    return service


def test_scikit_learn_model_answers_as_it_does_on_this_machine(ws, sklearn_environment):
    Path("score.py").write_text(RIDGE)
    Path("ridge.pkl").write_bytes(pickle.dumps(Ridge().fit([[0.0], [1.0]], [0.0, 1.0])))
    model = Model.register(ws, "ridge.pkl", "ridge")
    boxed = Model.deploy(ws, "boxed", [model], InferenceConfig("score.py", environment=sklearn_environment), ONE)
    local = Model.deploy(ws, "local", [model], InferenceConfig("score.py"), LocalWebservice.deploy_configuration())
    answers = []
    for service in (boxed, local):
        service.wait_for_deployment()
        answers.append(service.run(json.dumps({"data": [[0.25], [0.5]]})))
    assert answers[0] == answers[1]
    assert isinstance(Webservice(ws, "boxed"), ContainerWebservice)
    assert (boxed.state, boxed.compute_type) == ("Healthy", "ACI")
    assert "ready succeeded" in boxed.get_logs()
    local.delete()


def test_updates_lose_no_request(ws):
    config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=0.5, max_request_wait_time=5000)
    service = deployed(ws, "mysvc", config=config)
    with Load(service.scoring_uri) as load:
        for number in (1, 2):
            Path("score.py").write_text(PLAIN.replace("version 0", f"version {number}"))
            service.update(models=[], inference_config=InferenceConfig("score.py"))
            assert service.run("1") == f"version {number}"
        time.sleep(0.3)
    assert load.failures == []
    assert {bytes(answer) for answer in load.answers} == {b'"version 0"', b'"version 1"', b'"version 2"'}


def test_update_of_nothing_but_words_builds_nothing(ws):
    service = deployed(ws, "mysvc")
    image = service.image_id
    service.update(tags={"area": "diabetes"})
    assert (service.image_id, service.tags) == (image, {"area": "diabetes"})


def test_update_that_fails_leaves_the_one_before(ws):
    service = deployed(ws, "mysvc")
    Path("score.py").write_text("def init():\n    raise ValueError('no such weights')\ndef run(data): ...\n")
    with pytest.raises(DeploymentError, match="no such weights") as caught:
        service.update(inference_config=InferenceConfig("score.py"))
    assert str(Path("score.py").absolute()) in caught.value.traceback
    assert (service.state, service.run("1")) == ("Healthy", "version 0")


def test_reload_takes_the_script_anew_into_the_same_image(ws):
    service = deployed(ws, "mysvc", config=LocalWebservice.deploy_configuration(isolation="container"))
    image = service.image_id
    Path("score.py").write_text(PLAIN.replace("version 0", "reloaded"))
    service.reload()
    assert (service.run("1"), service.image_id, service.state) == ("reloaded", image, "running")
    assert isinstance(Webservice(ws, "mysvc"), LocalWebservice)


def test_keys_are_needed_and_can_be_made_anew(ws):
    config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=0.5, auth_enabled=True, primary_key="first-key")
    service = deployed(ws, "mysvc", config=config)
    assert service.get_keys()[0] == "first-key"
    service.regen_key("Primary")
    assert service.run("1") == "version 0"


def certificate(name):
    """A certificate that signs itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    Path("cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    Path("key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return {"ssl_cert_pem_file": "cert.pem", "ssl_key_pem_file": "key.pem", "ssl_cname": name}


def test_speaks_tls_by_the_certificate_given_and_by_the_next(ws):
    first = certificate("first.example.org")
    config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=0.5, ssl_enabled=True, **first)
    service = deployed(ws, "mysvc", config=config)
    assert service.scoring_uri.startswith("https://first.example.org:")
    assert service.run("1") == "version 0"
    service.update(ssl_enabled=True, **certificate("second.example.org"))
    assert (service.cname, service.run("1")) == ("second.example.org", "version 0")


def test_scaling_and_restarting(ws):
    service = deployed(ws, "mysvc")
    manager = opened(ws).services
    manager.scale("mysvc", 2)
    manager.wait("mysvc")
    manager.stop("mysvc")
    assert service.state == "Stopped"
    manager.start("mysvc")
    manager.wait("mysvc")
    assert service.run("1") == "version 0"


def test_service_is_left_in_no_place_once_it_is_deleted(ws, scratch):
    service = deployed(ws, "mysvc")
    assert left_in_engine(scratch.engine, f"{NAME_LABEL}=mysvc") != []
    service.delete()
    assert left_in_engine(scratch.engine, f"{WORKSPACE_LABEL}={opened(ws).id}") == []
    assert service.state == "deleted"
