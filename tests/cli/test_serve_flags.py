"""`modelport serve` understands how azmlinfsrv was called: its flags, its variables, its config.json."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import click
import pytest
from tests.cli.test_serve import serving

from modelport.cli.serve import describe, serve
from modelport.errors import UserError
from modelport.manifest import Manifest

SCRIPT = "def init():\n    return\n\ndef run(data):\n    return 'served'\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "score.py").write_text(SCRIPT)
    (tmp_path / "models").mkdir()
    return tmp_path


def described(*words: str, **environ: str) -> Manifest:
    return describe(serve.make_context("serve", list(words)).params, environ)


@pytest.mark.parametrize("spell", [lambda flag: flag, lambda flag: flag.replace("_", "-")], ids=["_", "-"])
def test_every_flag_in_both_spellings(folder, spell):
    found = described(
        spell("--entry_script"), "score.py", spell("--model_dir"), "models", "--port", "5005",
        spell("--worker_count"), "3", spell("--access_control_allow_origins"), "https://a.test, https://b.test",
        spell("--appinsights_instrumentation_key"), "k", spell("--health_port"), "5000",
    )  # fmt: skip
    assert (found.program.entry_script, found.program.model_directory) == ("score.py", str(folder / "models"))
    assert (found.listen.port, found.limits.workers) == (5005, 3)
    assert found.listen.cors_origins == ("https://a.test", "https://b.test")


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("AZUREML_MODEL_DIR", "models", lambda found: Path(found.program.model_directory).name == "models"),
        ("SERVER_PORT", "5006", lambda found: found.listen.port == 5006),
        ("WORKER_COUNT", "4", lambda found: found.limits.workers == 4),
        ("SCORING_TIMEOUT_MS", "1234", lambda found: found.limits.scoring_timeout_ms == 1234),
        ("AML_CORS_ORIGINS", "https://a.test", lambda found: found.listen.cors_origins == ("https://a.test",)),
        ("SERVICE_NAME", "digits", lambda found: found.service_name == "digits"),
        ("AML_APP_ROOT", "models", lambda found: Path(found.program.app_directory).name == "models"),
    ],
)
def test_a_variable_says_what_no_flag_does_and_config_json_what_no_variable_does(folder, name, value, seen):
    assert not seen(described("score.py"))
    assert seen(described("score.py", **{name: value}))
    if name != "AML_APP_ROOT":
        Path("config.json").write_text(json.dumps({name: int(value) if value.isdigit() else value}))
        assert seen(described("score.py"))


def test_the_script_is_named_by_a_variable_or_by_config_json(folder):
    assert described(AZUREML_ENTRY_SCRIPT="score.py").program.entry_script == "score.py"
    (folder / "other.json").write_text('{"AZUREML_ENTRY_SCRIPT": "score.py", "WORKER_COUNT": 2}')
    assert described("--config_file", "other.json").limits.workers == 2
    assert described(AZUREML_CONFIG_FILE="other.json").program.entry_script == "score.py"


def test_flags_win_over_variables_and_variables_over_config_json(folder):
    Path("config.json").write_text('{"WORKER_COUNT": 2, "SERVER_PORT": 5002, "SCORING_TIMEOUT_MS": 2000}')
    found = described("score.py", "--worker_count", "4", WORKER_COUNT="3", SERVER_PORT="5003")
    assert (found.limits.workers, found.listen.port, found.limits.scoring_timeout_ms) == (4, 5003, 2000)


def test_a_script_outside_the_app_root_keeps_its_place(folder):
    found = described("score.py", AML_APP_ROOT="models")
    assert found.program.entry_script == str(folder / "score.py")


def test_the_config_json_of_a_workspace_is_none_of_ours(folder):
    Path("config.json").write_text('{"subscription_id": "s", "resource_group": "r", "workspace_name": "w"}')
    assert described("score.py").listen.port == 5001
    Path("config.json").write_text("{not JSON")
    assert described("score.py").listen.port == 5001


@pytest.mark.parametrize("content", ["{not JSON", "[1]", None])
def test_a_configuration_file_that_was_named_has_to_be_one(folder, content):
    if content is not None:
        Path("mine.json").write_text(content)
    with pytest.raises(UserError) as caught:
        described("score.py", "--config_file", "mine.json")
    assert caught.value.code == "config-file-unusable"


def test_no_script_and_two_scripts_are_refused(folder):
    for words in ([], ["score.py", "--entry_script", "score.py"]):
        with pytest.raises(click.UsageError):
            described(*words)


def test_a_value_that_is_none_is_refused_by_the_name_of_its_variable(folder):
    with pytest.raises(UserError) as caught:
        described("score.py", WORKER_COUNT="many")
    assert caught.value.code == "variable-invalid" and "WORKER_COUNT" in caught.value.message


def test_it_serves_as_azmlinfsrv_was_told_to(folder):
    words = ["--entry_script", "score.py", "--model_dir", "models", "--port", "0", "--worker_count", "1"]
    with serving(folder, *words, "--appinsights_instrumentation_key", "secret-key") as served:
        assert served.score() == "served"
        url = served.wait_for(r"Serving \S+ at (\S+)/score ")[1]
        assert urllib.request.urlopen(f"{url}/", timeout=10).read() == b"Healthy"
        assert "secret-key" not in served.output
