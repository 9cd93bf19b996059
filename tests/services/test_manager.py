"""The verbs on real services: deploy, update, reload, stop, start, delete, and what is told of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from modelport import process_table
from modelport.errors import ConflictError, DeploymentError, NotFoundError, ScoringError, ScriptError, UserError
from modelport.events import EventRecord
from modelport.manifest import Limits, Listen
from modelport.registry.model import Registration
from modelport.services import resolving
from modelport.services.deploying import Change, roll
from modelport.services.manager import Scoring
from modelport.services.request import Labels, ScriptRequest, ServiceChange, ServiceRequest
from modelport.services.resolving import resolve
from modelport.services.target import LogRequest
from modelport.settings import read_settings
from modelport.workspace import Home

TWO = """
    import json
    def init():
        print("second init")
    def run(data):
        return ["two", json.loads(data)]
"""
READS_MODEL = """
    import os
    def init():
        global found
        found = sorted(os.path.relpath(os.path.join(p, f), os.environ["AZUREML_MODEL_DIR"])
                       for p, _, names in os.walk(os.environ["AZUREML_MODEL_DIR"]) for f in names)
    def run(data):
        return [found, os.path.relpath(os.environ["AZUREML_MODEL_DIR"]), sorted(os.listdir("."))]
"""
RAISES = "def init():\n    raise ValueError('the model is too old')\ndef run(data):\n    return 1\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def score(manager, value=1, name="mysvc"):
    return json.loads(manager.run(name, json.dumps(value).encode()).body)


def server_of(manager, name="mysvc"):
    service = manager.get(name)
    assert service.id
    return server_of_directory(Path(manager._store.get(name).directory))


def server_of_directory(directory):
    words = json.loads((directory / "server.json").read_text())
    return process_table.ProcessIdentity(words["pid"], words["start_ticks"])


@pytest.fixture
def running(manager, request_for):
    manager.deploy(request_for())
    manager.wait("mysvc")
    return manager


# -- deploy --------------------------------------------------------------------------------------------------------


def test_deployed_service_answers(running):
    assert score(running, [1, 2]) == ["one", [1, 2]]


def test_deploy_reports_each_step_with_its_time(manager, request_for):
    seen = []
    manager.deploy(request_for(), report=seen.append)
    ended = [event.kind for event in seen if event.status == "succeeded"]
    assert ended == ["check", "solve", "place", "launch"]
    assert all(event.duration_seconds is not None for event in seen if event.status == "succeeded")


def test_wait_shows_the_events_up_to_ready(manager, request_for):
    manager.deploy(request_for())
    seen = []
    manager.wait("mysvc", on_event=seen.append)
    assert seen[0].kind == "deploy" and seen[-1].kind == "ready"
    assert len({event.operation for event in seen}) == 1


def test_wait_shows_ready_of_every_rollout_however_short(running):
    shown = []
    for _ in range(12):
        running.reload("mysvc")
        running.wait("mysvc", on_event=shown.append)
    assert [event.revision for event in shown if event.kind == "ready"] == list(range(2, 14))


def test_fixed_port_is_used(manager, request_for):
    port = free_port()
    assert manager.deploy(request_for(listen=Listen(port=port))).port == port


def test_busy_port_is_refused_and_nothing_is_left(manager, request_for, workspace):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConflictError, match="in use"):
            manager.deploy(request_for(listen=Listen(port=other.getsockname()[1])))
    assert manager.names() == []
    assert not list((workspace.directory / "services").glob("*"))


def test_script_that_cannot_be_used_is_refused_and_nothing_is_left(manager, request_for, workspace):
    with pytest.raises(ScriptError, match=r"score\.py:2"):
        manager.deploy(request_for("def init():\n    x = (\ndef run(data):\n    return 1\n"))
    assert manager.names() == [] and not list((workspace.directory / "services").glob("*"))


def test_name_that_exists_is_refused(running, request_for):
    with pytest.raises(ConflictError, match="overwrite"):
        running.deploy(request_for())


def test_overwrite_replaces_in_place(running, request_for):
    before = running.get("mysvc")
    running.deploy(request_for(TWO), overwrite=True)
    after = running.wait("mysvc")
    assert score(running) == ["two", 1]
    assert (after.id, after.port, after.revision) == (before.id, before.port, 2)


def test_failing_init_is_told_with_the_users_own_line_first(manager, request_for, write_script):
    manager.deploy(request_for(RAISES))
    with pytest.raises(DeploymentError) as caught:
        manager.wait("mysvc")
    text = str(caught.value)
    assert f'File "{write_script(RAISES)}", line 2, in init' in text
    assert text.index("Traceback") == 0 and "the model is too old" in text and "->" in text
    assert caught.value.step == "init"
    assert manager.get("mysvc").status.state == "failed"
    assert any("the model is too old" in line for line in manager.logs("mysvc"))


def test_failed_service_is_mended_by_reload(manager, request_for, write_script):
    manager.deploy(request_for(RAISES))
    with pytest.raises(DeploymentError):
        manager.wait("mysvc")
    write_script(TWO)
    manager.reload("mysvc")
    assert manager.wait("mysvc").status.state == "running"
    assert score(manager) == ["two", 1]


def test_interrupted_deploy_leaves_nothing(manager, request_for, workspace):
    def interrupt(event):
        if event.kind == "launch" and event.status == "succeeded":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        manager.deploy(request_for(), report=interrupt)
    assert manager.names() == [] and not list((workspace.directory / "services").glob("*"))
    kept = list((workspace.directory / "archive").glob("*"))
    assert [event.kind for event in EventRecord(kept[0]).read()][-1] == "deploy"


def test_deployment_that_was_killed_before_its_server_can_be_repeated(manager, request_for):
    killed = manager._store.create(manager_spec(manager, request_for()))
    manager.deploy(request_for())
    manager.wait("mysvc")
    assert score(manager) == ["one", 1] and manager._store.get("mysvc").id != killed.id


def test_deployment_under_way_is_not_taken_for_a_killed_one(manager, request_for):
    record = manager._store.draft(manager_spec(manager, request_for()))
    with manager._store.operation(record, "deploy"):
        manager._store.add(record)
        with pytest.raises(ConflictError) as caught:
            manager.deploy(request_for())
    assert caught.value.code == "service-exists" and manager.names() == ["mysvc"]


def manager_spec(manager, request):
    return resolving.resolve(manager._parts, request)


def test_source_directory_is_served_whole(manager, tmp_path):
    source = tmp_path / "src"
    (source / "helpers").mkdir(parents=True)
    (source / "helpers" / "__init__.py").write_text("WORD = 'helped'\n")
    (source / "score.py").write_text(
        "import os\nfrom helpers import WORD\n"
        "def init():\n    pass\ndef run(data):\n    return [WORD, os.listdir('.')]\n"
    )
    manager.deploy(ServiceRequest("mysvc", script=ScriptRequest("score.py", str(source))))
    manager.wait("mysvc")
    assert score(manager) == ["helped", ["src"]]


def test_models_lie_where_v1_has_them(manager, request_for, workspace, tmp_path):
    (tmp_path / "my_model.pkl").write_text("weights")
    model = workspace.models.register(tmp_path / "my_model.pkl", Registration("diabetes"))
    manager.deploy(request_for(READS_MODEL, models=(model,)))
    manager.wait("mysvc")
    assert score(manager) == [["my_model.pkl"], "azureml-models/diabetes/1", ["azureml-models", "score.py"]]


def test_several_models_lie_beside_each_other(manager, request_for, workspace, tmp_path):
    (tmp_path / "my_model.pkl").write_text("weights")
    workspace.models.register(tmp_path / "my_model.pkl", Registration("diabetes"))
    (tmp_path / "local.bin").write_text("more")
    manager.deploy(request_for(READS_MODEL, models=("diabetes:1", tmp_path / "local.bin")))
    manager.wait("mysvc")
    assert score(manager)[0] == ["diabetes/1/my_model.pkl", "local.bin/0/local.bin"]


def test_model_in_use_cannot_be_deleted(manager, request_for, workspace, tmp_path):
    (tmp_path / "m").write_text("weights")
    model = workspace.models.register(tmp_path / "m", Registration("diabetes"))
    manager.deploy(request_for(models=(model,)))
    with pytest.raises(ConflictError, match="mysvc"):
        workspace.models.delete(model)
    manager.delete("mysvc")
    workspace.models.delete(model)


def test_of_two_that_deploy_the_same_name_one_wins(manager, request_for):
    request = request_for()
    with ThreadPoolExecutor(2) as pool:
        ended = [pool.submit(manager.deploy, request) for _ in range(2)]
    errors = [each.exception() for each in ended if each.exception()]
    assert [type(error) for error in errors] == [ConflictError]
    manager.wait("mysvc")
    assert score(manager) == ["one", 1]
    assert len(list(manager._store.get("mysvc").directory.parent.iterdir())) == 1


def test_deployment_that_was_killed_halfway_is_told_and_can_be_done_again(manager, request_for):
    manager._store.create(resolve(manager._parts, request_for()))  # what kill -9 leaves at worst
    assert (manager.get("mysvc").status.state, manager.get("mysvc").status.reason) == ("failed", "DeployInterrupted")
    manager.deploy(request_for(TWO), overwrite=True)
    manager.wait("mysvc")
    assert score(manager) == ["two", 1]


def test_interrupt_after_the_hand_over_leaves_a_service_that_works(running, write_script):
    def interrupt(event):
        if event.kind == "launch" and event.status == "succeeded":
            raise KeyboardInterrupt

    write_script(TWO)
    with pytest.raises(KeyboardInterrupt):
        running.reload("mysvc", report=interrupt)
    running.wait("mysvc")
    assert score(running) == ["two", 1]
    assert running.get("mysvc").revision == running._store.get("mysvc").revision == 2


# -- update and reload ---------------------------------------------------------------------------------------------


def test_reload_takes_the_changed_script(running, write_script):
    write_script(TWO)
    started = time.monotonic()
    running.reload("mysvc")
    running.wait("mysvc")
    assert time.monotonic() - started < 3.0  # under a second, on a machine that does nothing else
    assert score(running) == ["two", 1]


def test_failed_reload_leaves_the_old_script_and_says_so(running, write_script):
    write_script(RAISES)
    running.reload("mysvc")
    with pytest.raises(DeploymentError, match=r"Revision 1 goes on serving.*Then: modelport service reload mysvc"):
        running.wait("mysvc")
    assert score(running) == ["one", 1]
    assert running.get("mysvc").revision == 1
    assert "the model is too old" in running.get("mysvc").status.message


def test_failed_update_to_another_script_does_not_recommend_a_reload(running, tmp_path):
    other = tmp_path / "other.py"
    other.write_text(RAISES)
    running.update("mysvc", ServiceChange(script=ScriptRequest(str(other))))
    with pytest.raises(DeploymentError) as caught:
        running.wait("mysvc")
    assert "repeat the update" in caught.value.remedy
    assert "service reload" not in caught.value.remedy


def test_reload_of_a_script_that_does_not_parse_changes_nothing(running, write_script):
    write_script("def init(:\n")
    with pytest.raises(ScriptError):
        running.reload("mysvc")
    assert running.get("mysvc").revision == 1
    assert score(running) == ["one", 1]


def test_reload_of_a_script_that_is_gone_changes_nothing(running, write_script):
    write_script().unlink()
    with pytest.raises(ScriptError, match="does not exist"):
        running.reload("mysvc")
    assert score(running) == ["one", 1]


def test_update_changes_the_models_and_keeps_the_rest(manager, request_for, workspace, tmp_path):
    (tmp_path / "m").write_text("weights")
    for _ in range(2):
        workspace.models.register(tmp_path / "m", Registration("diabetes"))
    manager.deploy(request_for(READS_MODEL, models=("diabetes:1",), labels=Labels(tags={"a": "b"})))
    port = manager.wait("mysvc").port
    manager.update("mysvc", ServiceChange(models=("diabetes:2",)))
    after = manager.wait("mysvc")
    assert score(manager)[1] == "azureml-models/diabetes/2"
    assert (after.port, after.spec.tags) == (port, {"a": "b"})


def test_update_that_another_one_overtook_is_refused_and_undoes_nothing(running, workspace):
    seen = workspace.services._store.get("mysvc")
    running.update("mysvc", ServiceChange(limits={"scoring_timeout_ms": 7_000}))
    running.wait("mysvc")
    late = Change("update", replace(seen.spec, description="late"))
    with pytest.raises(ConflictError, match="while this update began") as caught:
        roll(workspace.services._parts, seen, late, lambda event: None)
    assert caught.value.code == "operation-in-progress"
    assert running.get("mysvc").spec.limits.scoring_timeout_ms == 7_000


def test_update_to_another_port_moves(running):
    port = free_port()
    running.update("mysvc", ServiceChange(listen={"port": port}))
    running.wait("mysvc")
    deadline = time.monotonic() + 5
    while running.get("mysvc").port != port and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running.get("mysvc").port == port
    assert score(running) == ["one", 1]


def test_update_to_a_busy_port_changes_nothing(running):
    before = running.get("mysvc").port
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConflictError, match="in use"):
            running.update("mysvc", ServiceChange(listen={"port": other.getsockname()[1]}))
    assert running.get("mysvc").port == before
    assert score(running) == ["one", 1]


def test_update_of_the_number_of_workers(running):
    running.update("mysvc", ServiceChange(limits={"workers": 2}))
    assert running.wait("mysvc").spec.limits.workers == 2
    assert running.get("mysvc").desired_replicas == 2


@pytest.mark.parametrize("change", [ServiceChange(limits={"workers": 0}), ServiceChange(limits={"wrokers": 1})])
def test_invalid_update_changes_nothing(running, change):
    with pytest.raises(UserError):
        running.update("mysvc", change)
    assert running.get("mysvc").revision == 1


def test_rollout_that_nobody_waited_for_is_recorded_by_the_next_look(running, write_script):
    write_script(TWO)
    running.reload("mysvc")
    deadline = time.monotonic() + 10
    while score(running)[0] != "two" and time.monotonic() < deadline:
        time.sleep(0.02)
    other = Home(read_settings()).get("demo").services
    assert other.get("mysvc").revision == 2
    assert other._store.get("mysvc").revision == 2


def test_second_operation_while_one_starts_is_refused(manager, request_for):
    slow = "import time\ndef init():\n    time.sleep(2)\ndef run(data):\n    return 1\n"
    manager.deploy(request_for(slow))
    with pytest.raises(ConflictError, match="under way"):
        manager.reload("mysvc")
    manager.wait("mysvc")
    assert score(manager) == 1


def test_operation_that_is_refused_leaves_the_files_of_the_one_that_starts(running, write_script):
    write_script("import time\ndef init():\n    time.sleep(0.5)\ndef run(data):\n    return 'slow'\n")
    running.reload("mysvc")
    with pytest.raises(ConflictError, match="under way"):
        running.reload("mysvc")
    running.wait("mysvc")
    served = running._store.get("mysvc").directory / "revisions" / "2" / "app" / "score.py"
    assert score(running) == "slow" and served.exists()


def test_operation_that_is_refused_while_another_starts_says_so_before_any_step(running, write_script):
    write_script("import time\ndef init():\n    time.sleep(0.5)\ndef run(data):\n    return 'slow'\n")
    running.reload("mysvc")
    seen = []
    with pytest.raises(ConflictError, match="under way"):
        running.reload("mysvc", report=seen.append)
    running.wait("mysvc")
    assert seen == []


def test_rollout_that_ended_unseen_is_what_starts_after_the_server_died(running, write_script):
    write_script(TWO)
    running.reload("mysvc")
    record = running._store.get("mysvc")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        events = list(EventRecord(record.directory).read())
        if any(event.kind == "ready" and event.revision == 2 for event in events):
            break
        time.sleep(0.02)
    process_table.kill(server_of_directory(record.directory))
    running.start("mysvc")
    running.wait("mysvc")
    assert (score(running), running.get("mysvc").revision) == (["two", 1], 2)


# -- life and death ------------------------------------------------------------------------------------------------


def test_stopped_service_says_so_and_starts_again_at_its_port(running):
    port = running.get("mysvc").port
    server = server_of(running)
    assert running.stop("mysvc").status.state == "stopped"
    assert not server.is_alive()
    with pytest.raises(ScoringError, match="stopped"):
        score(running)
    running.start("mysvc")
    assert running.wait("mysvc").port == port
    assert score(running) == ["one", 1]


def test_killed_server_is_noticed_and_can_be_started(running):
    os.kill(server_of(running).pid, signal.SIGKILL)
    process_table.wait_until_gone(server_of(running), timeout_seconds=5)
    status = running.get("mysvc").status
    assert (status.state, status.reason) == ("failed", "ServerKilled")
    assert "modelport service start mysvc" in status.message
    with pytest.raises(DeploymentError, match=r"killed at .* by signal 9"):
        running.wait("mysvc")
    running.start("mysvc")
    running.wait("mysvc")
    assert score(running) == ["one", 1]


def test_crash_in_native_code_is_told_by_its_name(running):
    os.kill(server_of(running).pid, signal.SIGSEGV)
    process_table.wait_until_gone(server_of(running), timeout_seconds=10)
    status = running.get("mysvc").status
    assert (status.state, status.reason) == ("failed", "ServerCrashed")
    assert "Segmentation fault" in status.message and "modelport service start mysvc" in status.message


def test_server_that_was_told_to_end_is_told_from_one_that_died(running):
    server = server_of(running)
    os.kill(server.pid, signal.SIGTERM)
    assert process_table.wait_until_gone(server, timeout_seconds=10)
    assert running.get("mysvc").status.reason == "ServerStopped"


def test_restart_of_the_machine_is_noticed(running):
    server = server_of(running)
    os.kill(server.pid, signal.SIGKILL)
    process_table.wait_until_gone(server, timeout_seconds=5)
    path = running._store.get("mysvc").directory / "server.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "boot_id": "another boot"}))
    assert running.get("mysvc").status.reason == "MachineRestarted"
    running.start("mysvc")
    assert running.wait("mysvc").status.state == "running"


def test_start_of_a_running_service_changes_nothing(running):
    server = server_of(running)
    running.start("mysvc")
    assert server_of(running) == server and server.is_alive()


def test_update_of_a_service_whose_server_died_starts_it(running, write_script):
    process_table.kill(server_of(running))
    write_script(TWO)
    running.reload("mysvc")
    running.wait("mysvc")
    assert score(running) == ["two", 1]


def test_deletion_while_waiting_is_told_as_that(manager, request_for):
    manager.deploy(request_for("import time\ndef init():\n    time.sleep(30)\ndef run(data):\n    return 1\n"))
    with ThreadPoolExecutor(1) as other:
        waited = other.submit(manager.wait, "mysvc")
        time.sleep(0.1)
        manager.delete("mysvc")
        with pytest.raises(DeploymentError, match="service-deleted"):
            waited.result(timeout=30)


def test_wait_ends_when_its_time_is_over(manager, request_for):
    manager.deploy(request_for("import time\ndef init():\n    time.sleep(30)\ndef run(data):\n    return 1\n"))
    with pytest.raises(DeploymentError, match=r"not ready after 0\.2 s"):
        manager.wait("mysvc", timeout_seconds=0.2)
    assert manager.get("mysvc").status.state == "deploying"


def test_deleted_service_is_gone_with_its_process_and_folder(running):
    server, directory = server_of(running), running._store.get("mysvc").directory
    running.delete("mysvc")
    assert not server.is_alive() and not directory.exists()
    with pytest.raises(NotFoundError):
        running.get("mysvc")


def test_name_can_be_used_again_and_shares_no_log(running, request_for):
    running.delete("mysvc")
    running.deploy(request_for(TWO))
    running.wait("mysvc")
    assert not any("init ran" in line for line in running.logs("mysvc"))


# -- questions -----------------------------------------------------------------------------------------------------


def test_log_has_the_steps_between_the_lines_of_the_script(running):
    lines = list(running.logs("mysvc"))
    text = "\n".join(lines)
    assert text.index("deploy started") < text.index("init ran") < text.index("ready succeeded")
    assert list(running.logs("mysvc", LogRequest(2))) == list(running.logs("mysvc"))[-2:]


def test_another_process_sees_the_same(running):
    other = Home(read_settings()).get("demo").services
    assert other.get("mysvc").to_dict() == running.get("mysvc").to_dict()
    assert [service.name for service in other.list()] == ["mysvc"]


def test_answer_other_than_200_is_an_error_with_what_was_said(running):
    with pytest.raises(ScoringError, match="502") as caught:
        running.run("mysvc", b"{not json")
    assert caught.value.status == 502 and json.loads(caught.value.body)["code"] == "run-failed"


def test_run_waits_for_a_service_that_is_being_deployed(manager, request_for):
    manager.deploy(request_for("import time\ndef init():\n    time.sleep(0.5)\ndef run(data):\n    return 'here'\n"))
    assert score(manager) == "here"


def test_run_goes_past_a_proxy(running, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert score(running) == ["one", 1]


# -- keys ----------------------------------------------------------------------------------------------------------


def test_keys_open_the_service_and_nothing_else_does(manager, request_for):
    service = manager.deploy(request_for(auth_enabled=True))
    manager.wait("mysvc")
    assert score(manager) == ["one", 1]
    with pytest.raises(ScoringError, match="401"):
        manager.run("mysvc", b"1", Scoring({"Authorization": "Bearer wrong"}))
    path = manager._store.get("mysvc").directory / "keys.json"
    assert path.stat().st_mode & 0o777 == 0o600
    keys = manager.keys("mysvc")
    assert len(set(keys)) == 2 and all(key not in repr(service) for key in keys)
    for text in manager._store.get("mysvc").directory.rglob("*.json"):
        assert text == path or not any(key in text.read_text() for key in keys)


def test_regenerated_key_is_valid_at_once_and_the_old_one_is_not(manager, request_for):
    manager.deploy(request_for(auth_enabled=True))
    manager.wait("mysvc")
    old, other = manager.keys("mysvc")
    new, same = manager.regenerate_key("mysvc", "Primary")
    assert (same, new != old) == (other, True)
    assert score(manager) == ["one", 1]
    with pytest.raises(ScoringError, match="401"):
        manager.run("mysvc", b"1", Scoring({"Authorization": f"Bearer {old}"}))


@pytest.mark.parametrize("which", ["tertiary", "", None])
def test_unknown_key_is_refused(manager, request_for, which):
    manager.deploy(request_for(auth_enabled=True))
    with pytest.raises(UserError, match="Primary or Secondary"):
        manager.regenerate_key("mysvc", which)


def test_service_without_keys_says_how_to_get_some(running):
    with pytest.raises(ConflictError, match="auth_enabled=True"):
        running.keys("mysvc")


def test_keys_can_be_switched_on_later(running):
    running.update("mysvc", ServiceChange(auth_enabled=True))
    running.wait("mysvc")
    assert score(running) == ["one", 1]
    with pytest.raises(ScoringError, match="401"):
        running.run("mysvc", b"1", Scoring({"Authorization": "none"}))


def test_limits_of_the_request_hold(manager, request_for):
    slow = "import time\ndef init():\n    pass\ndef run(data):\n    time.sleep(5)\n    return 1\n"
    manager.deploy(request_for(slow, limits=replace(Limits(), scoring_timeout_ms=200)))
    manager.wait("mysvc")
    with pytest.raises(ScoringError, match="504"):
        score(manager)
