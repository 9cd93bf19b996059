"""What the engine is asked for, and what the server in a container is told."""

from __future__ import annotations

import io
import tarfile

from modelport.manifest import Container, Limits, Listen, Manifest, Places, Program
from modelport.targets.container_engine import File, host_of, packed
from modelport.targets.container_words import Names, host_words, manifest_inside, own_files, replica_words

APP = "/var/azureml-app"
BUILT_IN = Manifest("churn", Program("/opt/modelport/env/bin/python", APP, "score.py", f"{APP}/azureml-models/m/1"))
NAMES = Names("workspace", "0123456789abcdef", "churn")


def wished(**container):
    program = Program("", "/home/me/app", "other.py", environment_variables={"A": "1"}, models=("m:1",))
    places = Places("/home/me", "/run/mp", "/home/me/keys.json", "/home/me/service.log")
    box = Container("sha256:1", **container)
    return Manifest("churn", program, revision=2, limits=Limits(workers=3), listen=Listen(port=8890), places=places,
                    auth_enabled=True, container=box)  # fmt: skip


def test_program_of_the_image_runs_with_what_is_wished():
    inside = manifest_inside(wished(), BUILT_IN)
    assert (inside.program.python, inside.program.entry_script) == ("/opt/modelport/env/bin/python", "score.py")
    assert (inside.limits.workers, inside.auth_enabled, inside.program.models) == (3, True, ("m:1",))


def test_nothing_of_this_machine_goes_inside():
    inside = manifest_inside(wished(certificate="/home/me/cert.pem", key="/home/me/key.pem"), BUILT_IN)
    assert "/home/me" not in inside.to_json()
    assert (inside.listen.host, inside.listen.port) == ("0.0.0.0", 5001)


def test_own_files_stand_in_the_volume_with_the_models_of_the_image():
    inside = manifest_inside(wished(own_files=True), BUILT_IN)
    assert inside.program.entry_script == "other.py"
    assert inside.program.app_directory == "/var/lib/modelport/app"
    assert inside.program.model_directory == "/var/lib/modelport/app/azureml-models/m/1"


def test_own_files_are_all_but_the_models(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/score.py").write_text("x")
    (tmp_path / "azureml-models/m/1").mkdir(parents=True)
    (tmp_path / "azureml-models/m/1/weights").write_text("x")
    files = {file.path: file.link_to for file in own_files(tmp_path, APP)}
    assert files == {"app/src/score.py": "", "app/azureml-models": f"{APP}/azureml-models"}


def test_archive_belongs_to_the_user_of_the_images():
    archive = packed([File("app/src/score.py", b"x"), File("link", link_to="/x")])
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        members = {member.name: member for member in found}
    assert list(members) == ["app", "app/src", "app/src/score.py", "link"]
    assert {member.uid for member in members.values()} == {10001}
    assert members["link"].linkname == "/x"


def test_limits_are_told_to_the_engine_only_where_there_are_some():
    assert "mem_limit" not in host_words("v", "n", Container(), keep=True)
    limited = host_words("v", "n", Container(cpu_cores=0.5, memory_bytes=10**8), keep=True)
    assert (limited["nano_cpus"], limited["mem_limit"], limited["memswap_limit"]) == (500_000_000, 10**8, 10**8)


def test_names_and_labels_lead_to_the_service():
    words = replica_words(NAMES, wished())
    assert words["name"] == "modelport-churn-01234567-r2"
    assert words["labels"]["dev.modelport.service"] == "0123456789abcdef"
    assert "environment" not in words


def test_host_of_an_engine_elsewhere():
    assert (host_of("tcp://10.0.0.7:2376"), host_of("unix:///run/docker.sock")) == ("10.0.0.7", "")
