"""`Model.profile`: real services, measured for a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelport.errors import NotFoundError, ScriptError, UserError
from modelport.sdk.environment import Environment
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.model import Model
from modelport.sdk.profile import ModelProfile, bodies_of
from modelport.sdk.workspace import Workspace

WORKS = "def init():\n    pass\n\ndef run(data):\n    return data\n"
RAISES = "def init():\n    raise OSError('no such disk')\n\ndef run(data):\n    return data\n"
KEYS_OF_V1 = {
    "name", "createdTime", "state", "requestedQueriesPerSecond", "maxUtilizedMemoryInGB", "maxUtilizedCpu",
    "totalQueries", "successQueries", "successRate", "averageLatencyInMs", "latencyPercentile50InMs",
    "latencyPercentile90InMs", "latencyPercentile95InMs", "latencyPercentile99InMs", "latencyPercentile999InMs",
    "measuredQueriesPerSecond", "recommendedMemoryInGB", "recommendedCpu",
}  # fmt: skip


@pytest.fixture
def ws(service_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "project").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "project")
    return Workspace.create("demo", show_output=False)


def measured(ws: Workspace, script: str = WORKS, requests: Any = '{"a": 1}', **given: Any) -> ModelProfile:
    Path("score.py").write_text(script)
    env = Environment("running")
    env.python.user_managed_dependencies = True
    config = InferenceConfig(entry_script="score.py", environment=env)
    return Model.profile(ws, "my-profile", [], config, requests, seconds=0.5, queries_per_second=20, **given)


def test_a_service_is_measured_and_deleted_again(ws: Workspace):
    found = measured(ws, description="small")
    assert (found.state, found.total_queries, found.success_queries) == ("Succeeded", 10, 10)
    assert found.max_utilized_memory is not None
    assert found.recommended_memory is not None
    assert found.max_utilized_memory < found.recommended_memory < 1
    assert found.recommended_cpu is not None
    assert found.recommended_cpu >= 0.1
    assert found.service_seconds is not None
    assert 0 < found.service_seconds < 1
    assert ws.webservices == {}
    assert found.get_details().keys() == KEYS_OF_V1 | {"description"}


def test_a_profile_is_found_again_by_its_name(ws: Workspace):
    made = measured(ws)
    assert ModelProfile(ws, "my-profile").serialize() == made.serialize()


def test_both_generations_read_what_is_recommended(ws: Workspace, capsys: pytest.CaptureFixture[str]):
    found = measured(ws)
    found.wait_for_completion(show_output=True)
    found.wait_for_profiling(True)
    assert capsys.readouterr().out.count("Recommended:") == 2
    assert found.get_results() == {"cpu": found.recommended_cpu, "memoryInGB": found.recommended_memory}


def test_the_name_of_the_first_generation_for_requests_is_known(ws: Workspace):
    assert measured(ws, requests=None, input_data='{"a": 1}').state == "Succeeded"


def test_more_than_was_asked_for_is_warned_of(ws: Workspace):
    found = measured(ws, script="data = bytearray(200 << 20)\n" + WORKS, memory_in_gb=0.1)
    with pytest.warns(UserWarning, match="GB are recommended"):
        found.wait_for_completion()
    assert found.error is not None
    assert (found.state, found.error["code"]) == ("Succeeded", "profile-shortfall")


def test_a_service_that_cannot_start_makes_a_profile_that_failed(ws: Workspace):
    found = measured(ws, script=RAISES)
    with pytest.warns(UserWarning, match="no such disk"):
        found.wait_for_completion()
    details = found.get_details()
    assert (details["state"], details["error"]["code"]) == ("Failed", "init-failed")
    assert "no such disk" in Path(details["errorLogsUri"].removeprefix("file://")).read_text()
    assert "recommendedCpu" not in details
    assert ws.webservices == {}


def test_a_script_that_cannot_be_deployed_leaves_the_profile_before(ws: Workspace):
    before = measured(ws)
    with pytest.raises(ScriptError):
        measured(ws, script="def init(:\n")
    assert ModelProfile(ws, "my-profile").id == before.id


def test_nothing_to_ask_is_refused(ws: Workspace):
    with pytest.raises(UserError) as caught:
        measured(ws, requests=[])
    assert caught.value.code == "requests-needed"


@pytest.mark.parametrize("given", [{"seconds": 0}, {"seconds": "1"}, {"seconds": None}, {"queries_per_second": -1}])
def test_a_load_that_cannot_be_sent_is_refused(ws: Workspace, given: dict[str, Any]):
    Path("score.py").write_text(WORKS)
    config = InferenceConfig(entry_script="score.py")
    with pytest.raises(UserError) as caught:
        Model.profile(ws, "my-profile", [], config, "{}", **given)
    assert caught.value.code == "load-invalid"


@pytest.mark.parametrize("given", [{"cpu": 4}, {"cpu": 0.05}, {"memory_in_gb": 16}, {"cpu": True}, {"cpu": "1"}])
def test_more_than_a_machine_of_v1_had_is_refused(ws: Workspace, given: dict[str, Any]):
    with pytest.raises(UserError) as caught:
        measured(ws, **given)
    assert caught.value.code == "argument-invalid"


def test_a_profile_that_is_not_there_is_told(ws: Workspace):
    with pytest.raises(NotFoundError) as caught:
        ModelProfile(ws, "my-profile")
    assert caught.value.code == "profile-not-found"


# -- requests ------------------------------------------------------------------------------------------------------


class Columns:
    """What a table of pandas shows of itself."""

    def __init__(self, **columns: list[Any]) -> None:
        self.columns = list(columns)
        self._values = columns

    @property
    def iloc(self) -> Columns:
        return self

    def __getitem__(self, place: tuple[slice, int]) -> Columns:
        return Columns(chosen=self._values[self.columns[place[1]]])

    def tolist(self) -> list[Any]:
        return self._values["chosen"]

    def to_pandas_dataframe(self) -> Columns:
        return self


@pytest.mark.parametrize(
    ("given", "bodies"),
    [
        ("one", (b"one",)),
        (b"one", (b"one",)),
        (["one", b"two", {"a": 1}, [2]], (b"one", b"two", b'{"a": 1}', b"[2]")),
        (Columns(requests=["one", "two"]), (b"one", b"two")),
    ],
)
def test_requests_are_text_bytes_lists_and_tables(given: Any, bodies: tuple[bytes, ...]):
    assert bodies_of(given) == bodies


def test_a_file_is_one_request_and_lines_are_many(tmp_path: Path):
    (tmp_path / "one.json").write_text('{"a":\n1}')
    (tmp_path / "many.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    assert bodies_of(tmp_path / "one.json") == (b'{"a":\n1}',)
    assert bodies_of(tmp_path / "many.jsonl") == (b'{"a": 1}', b'{"a": 2}')


@pytest.mark.parametrize("given", [7, {"a": 1}, [7], Columns(a=["1"], b=["2"]), Path("none.json")])
def test_what_is_no_request_is_refused(given: Any):
    with pytest.raises(UserError) as caught:
        bodies_of(given)
    assert caught.value.code == "requests-invalid"
