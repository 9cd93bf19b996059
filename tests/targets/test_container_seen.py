"""What the engine's description of a container is taken for."""

from __future__ import annotations

from modelport.events import LINE_MARK, Event
from modelport.targets.container_seen import (
    Crew,
    failure_of,
    is_running,
    trouble_of_ended,
    trouble_of_running,
    warnings_of,
)

BROKE = Event("init", "failed", "no weights", code="init-failed", data={"traceback": "Traceback"})
FAILED = LINE_MARK + BROKE.to_line().decode()
READY = LINE_MARK + Event("ready", "succeeded").to_line().decode()


def ended(code=0, restarts=0, **state):
    return {"State": {"ExitCode": code, **state}, "RestartCount": restarts, "HostConfig": {"Memory": 64 * 2**20}}


def replica(revision):
    return {"Id": f"id{revision}", "Config": {"Labels": {"dev.modelport.revision": str(revision)}}}


def test_failure_is_the_last_word_of_init():
    assert failure_of(["a line of the script", FAILED])["traceback"] == "Traceback"
    assert failure_of([FAILED, READY]) == {}


def test_container_killed_for_memory_has_the_limit():
    trouble = trouble_of_ended(ended(137, OOMKilled=True), {}, "")
    assert (trouble.reason, "64 MB" in trouble.message) == ("OOMKilled", True)


def test_failed_init_is_a_crash_loop_with_the_number_of_tries():
    trouble = trouble_of_ended(ended(3, restarts=4), failure_of([FAILED]), "")
    assert (trouble.reason, trouble.message) == ("CrashLoopBackOff", "no weights The engine has started it 4 times.")


def test_container_that_died_without_a_word_has_its_code_and_last_lines():
    trouble = trouble_of_ended(ended(139), {}, "the end")
    assert "SIGSEGV" in trouble.message
    assert "the end" in trouble.message


def test_container_that_was_stopped_by_hand_is_no_crash():
    assert trouble_of_ended(ended(0), {}, "").reason == "ContainerStopped"


def test_words_of_the_engine_go_before_the_code():
    assert "no such device" in trouble_of_ended(ended(127, Error="no such device"), {}, "").message


def test_container_without_a_health_check_is_starting():
    assert trouble_of_running({"State": {"Running": True}}) is None
    unhealthy = {"State": {"Running": True, "Health": {"Status": "unhealthy", "Log": [{"Output": "no answer: x"}]}}}
    assert "no answer: x" in trouble_of_running(unhealthy).message


def test_worker_killed_for_memory_is_a_warning():
    assert warnings_of({"last_death": None}) == ()
    assert warnings_of({"last_death": {"out_of_memory": True, "message": "m"}})[0].reason == "OOMKilled"


def test_serving_is_whom_the_gateway_passes_requests_to():
    crew = Crew({"Id": "g"}, (replica(1), replica(2)), "r2:5001")
    assert crew.serving["Id"] == "id2"
    assert [each["Id"] for each in crew.others] == ["id1"]


def test_endpoint_is_where_the_gateway_is_published():
    bindings = {"5001/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8890"}]}
    assert Crew({"HostConfig": {"PortBindings": bindings}}).endpoint == ("127.0.0.1", 8890)
    assert Crew().endpoint == ("127.0.0.1", 0)


def test_container_that_waits_for_its_next_try_does_not_run():
    assert not is_running({"State": {"Running": True, "Restarting": True}})
