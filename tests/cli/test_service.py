"""`modelport deploy` and `modelport service`: a service from its first to its last verb, and what fails on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

BAD_SCRIPT = "def init():\n    raise ValueError('no model here')\n\ndef run(data):\n    return 1\n"


@pytest.fixture
def deployed(service_cli, script, model_file):
    service_cli("model", "register", "-n", "diabetes", str(model_file))
    made = service_cli("deploy", "my-service", "-e", str(script), "-m", "diabetes:1", "-o", "json")
    assert made.exit_code == 0, made.stderr
    return made.json


def test_deploy_tells_each_step_and_where_the_service_is(service_cli, script):
    made = service_cli("deploy", "my-service", "--entry-script", str(script))
    assert made.exit_code == 0
    steps = [line.split()[:2] for line in made.stderr.splitlines() if line.startswith("  ")]
    assert steps[:4] == [["check", "done"], ["solve", "done"], ["place", "done"], ["launch", "done"]]
    assert ["ready", "done"] in steps
    assert "It is running at http://localhost:" in made.stdout


def test_deploy_as_json_is_the_service(deployed):
    assert (deployed["state"], deployed["models"]) == ("running", ["diabetes:1"])


def test_life_of_a_service(service_cli, deployed, script):
    assert service_cli("service", "run", "my-service", "--data", "[1]").stdout == '{"length": 3}\n'
    script.write_text("def init():\n    return\n\ndef run(data):\n    return 'anew'\n")
    assert service_cli("service", "reload", "my-service").exit_code == 0
    assert service_cli("service", "run", "my-service", "--data", "[1]").stdout == '"anew"\n'
    assert service_cli("service", "stop", "my-service", "-o", "json").json["state"] == "stopped"
    assert service_cli("service", "run", "my-service", "--data", "[1]").exit_code == 8
    assert service_cli("service", "start", "my-service", "-o", "json").json["port"] == deployed["port"]
    assert service_cli("service", "delete", "my-service").stdout == "Deleted service 'my-service'.\n"
    assert service_cli("service", "list", "-o", "json").json == []


def test_start_of_a_running_service_shows_no_steps_of_before(service_cli, deployed):
    told = service_cli("service", "start", "my-service")
    assert told.exit_code == 0
    assert told.stderr.splitlines() == ["Starting service 'my-service'"]


def test_data_may_come_from_a_pipe(program, deployed):
    assert program("service", "run", "my-service", stdin="12345").stdout == '{"length": 5}\n'


def test_run_that_raises_shows_the_traceback_of_this_request_first(service_cli, deployed, script):
    script.write_text("def init():\n    return\n\ndef run(data):\n    raise ValueError(data)\n")
    service_cli("service", "reload", "my-service")
    service_cli("service", "run", "my-service", "--data", "other")
    told = service_cli("service", "run", "my-service", "--data", "this")
    assert told.exit_code == 8
    lines = told.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines.index("ValueError: this") < lines.index("") < len(lines) - 2
    assert "[scoring-failed]" in lines[-1]
    assert "other" not in told.stderr
    assert "Traceback" not in service_cli("service", "run", "my-service", "--data", "this", "-o", "json").stderr


def test_log_has_the_lines_of_the_script(service_cli, deployed):
    assert "| loaded " in service_cli("service", "logs", "my-service").stdout


def test_log_of_one_line(service_cli, deployed):
    assert len(service_cli("service", "logs", "my-service", "--lines", "1").stdout.splitlines()) == 1


def test_log_as_json_is_a_text_per_line(service_cli, deployed):
    lines = service_cli("service", "logs", "my-service", "-o", "json").stdout.splitlines()
    assert all(isinstance(json.loads(line), str) for line in lines)


def test_log_is_followed_until_ctrl_c(service_cli, deployed):
    follower = subprocess.Popen(
        [sys.executable, "-m", "modelport", "service", "logs", "my-service", "--follow"], env=os.environ,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while "| loaded " not in follower.stdout.readline():
            assert follower.poll() is None
        follower.send_signal(signal.SIGINT)
        assert follower.wait(timeout=20) == 130
    finally:
        follower.kill()
        follower.communicate()


def test_update_changes_what_is_named_and_keeps_the_rest(service_cli, deployed):
    words = ["--replicas", "2", "--tag", "stage=test"]
    changed = service_cli("service", "update", "my-service", *words, "-o", "json").json
    kept = {key: changed[key] for key in ("replicas", "tags", "models", "port")}
    assert kept == {"replicas": 2, "tags": {"stage": "test"}, "models": ["diabetes:1"], "port": deployed["port"]}


def test_update_that_fails_says_why_and_the_old_revision_serves(service_cli, deployed, tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text(BAD_SCRIPT)
    failed = service_cli("service", "update", "my-service", "-e", str(bad))
    assert failed.exit_code == 7
    assert f'File "{bad}", line 2, in init' in failed.stderr
    assert service_cli("service", "run", "my-service", "--data", "[1]").stdout == '{"length": 3}\n'


def test_keys_of_a_service_that_wants_them(service_cli, script):
    service_cli("deploy", "my-service", "-e", str(script), "--auth")
    keys = service_cli("service", "keys", "my-service", "-o", "json").json
    anew = service_cli("service", "keys", "my-service", "--regenerate", "secondary", "-o", "json").json
    assert keys["primary"] == anew["primary"]
    assert keys["secondary"] != anew["secondary"]
    assert service_cli("service", "run", "my-service", "--data", "1").exit_code == 0


def test_services_of_a_model(service_cli, deployed):
    found = [service_cli("service", "list", "-m", model, "-o", "json").json for model in ("diabetes", "diabetes:2")]
    assert [len(services) for services in found] == [1, 0]


def test_model_of_a_service_is_not_deleted(service_cli, deployed):
    assert service_cli("model", "delete", "diabetes:1").exit_code == 5


def test_deploy_of_a_script_that_fails_shows_its_traceback_first(service_cli, script):
    script.write_text(BAD_SCRIPT)
    failed = service_cli("deploy", "my-service", "-e", str(script))
    assert failed.exit_code == 7
    told = failed.stderr[failed.stderr.index("Traceback") :]
    assert f'File "{script}", line 2, in init' in told
    assert "Step 'init' failed" in told
    assert service_cli("service", "show", "my-service", "-o", "json").json["state"] == "failed"


def test_deploy_without_waiting(service_cli, script):
    script.write_text("import time\n\ndef init():\n    time.sleep(0.5)\n\ndef run(data):\n    return 1\n")
    made = service_cli("deploy", "my-service", "-e", str(script), "--no-wait", "-o", "json")
    assert made.json["state"] == "deploying"


def test_name_that_is_taken_is_a_conflict_unless_overwritten(service_cli, deployed, script):
    assert service_cli("deploy", "my-service", "-e", str(script)).exit_code == 5
    again = service_cli("deploy", "my-service", "-e", str(script), "--overwrite", "-o", "json").json
    assert (again["id"], again["revision"]) == (deployed["id"], 2)


def test_ctrl_c_while_init_runs_takes_the_service_away(service_cli, script):
    script.write_text("import time\n\ndef init():\n    time.sleep(60)\n\ndef run(data):\n    return 1\n")
    child = subprocess.Popen(
        [sys.executable, "-m", "modelport", "deploy", "my-service", "-e", str(script)], env=os.environ,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while "launch" not in child.stderr.readline():
            assert child.poll() is None
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=30) == 130
    finally:
        child.kill()
        child.communicate()
    assert service_cli("service", "list", "-o", "json").json == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["Bad_Name", "-e", "score.py"], "name-invalid"),
        (["my-service", "-e", "nowhere.py"], "script-missing"),
        (["my-service", "-s", "."], "script-needed"),
        (["my-service", "-e", "score.py", "--replicas", "0"], "limit-invalid"),
        (["my-service", "-e", "score.py", "--conda-file", "c.yml", "--environment", "e"], "environment-twice"),
        (["my-service", "-e", "score.py", "--tag", "x"], "pair-invalid"),
    ],
)
def test_bad_input_ends_with_2_and_deploys_nothing(cli, script, monkeypatch, words, code):
    monkeypatch.chdir(script.parent)
    result = cli("deploy", *words, "-o", "json")
    assert (result.exit_code, result.json["error"]["code"]) == (2, code)
    assert cli("service", "list", "-o", "json").json == []


def test_limits_of_a_container_are_refused_for_a_process(service_cli, script):
    told = service_cli("deploy", "my-service", "-e", str(script), "--cpu", "1")
    assert told.exit_code == 2
    assert "container-needed" in told.stderr


def test_container_without_an_engine_is_one_line_and_exit_code_3(service_cli, script, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    told = service_cli("deploy", "my-service", "-e", str(script), "--target", "container")
    assert told.exit_code == 3
    assert "engine-not-running" in told.stderr
    assert service_cli("service", "list", "-o", "json").json == []


def test_container_shows_its_image_and_limits(service_cli, script, scratch, base_image, monkeypatch):
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", base_image("3.11").replace("3.11", "{python}"))
    workspace = f"ws-{scratch.key}"
    service_cli("workspace", "create", workspace)
    words = ("--target", "container", "--cpu", "0.5", "--memory", "0.25", "-w", workspace)
    made = service_cli("deploy", "my-service", "-e", str(script), *words)
    try:
        assert made.exit_code == 0, made.stderr
        shown = service_cli("service", "show", "my-service", "-w", workspace, "-o", "json").json
        assert (shown["cpu_cores"], shown["memory_bytes"]) == (0.5, 256 * 2**20)
        assert (shown["image"], shown["state"]) == (f"modelport/{workspace}/my-service:1", "running")
    finally:
        service_cli("service", "delete", "my-service", "-w", workspace)
        scratch.engine.run(["image", "rm", f"modelport/{workspace}/my-service:1"])
