"""How a run ends badly: exit codes, what is printed where, and the nearest word for a misspelt one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from modelport.cli.failures import EXIT_CODES, end
from modelport.cli.session import Session
from modelport.errors import ModelportError


def classes(root=ModelportError):
    yield root
    for derived in root.__subclasses__():
        yield from classes(derived)


def test_every_exit_code_of_an_error_is_in_the_table():
    assert {found.exit_code for found in classes()} <= EXIT_CODES.keys()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["serv"], "Did you mean 'serve'?"),
        (["model", "lst"], "Did you mean 'list'?"),
        (["model", "list", "--latst"], "--latest"),
        (["model", "list", "--output", "xml"], "'table', 'json'"),
        (["model", "register"], "Missing argument 'PATH'"),
    ],
)
def test_bad_usage_ends_with_2_and_names_the_nearest(cli, words, hint):
    result = cli(*words)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert "--help  [usage-invalid]" in result.stderr
    assert result.stdout == ""


def test_error_for_people_goes_to_stderr_with_its_remedy(cli):
    result = cli("model", "show", "diabetes")
    assert result.exit_code == 4
    assert result.stdout == ""
    assert "No registered model has name 'diabetes'" in result.stderr
    assert "  -> List the models: modelport model list  [model-not-found]" in result.stderr


def test_error_for_programs_is_one_object_on_stdout(cli):
    result = cli("model", "show", "diabetes", "--output", "json")
    assert result.exit_code == 4
    assert result.json["error"]["code"] == "model-not-found"
    assert result.json["error"]["exit_code"] == 4


@pytest.mark.parametrize("spelling", [["--output", "json"], ["--output=json"], ["-o", "json"], ["-ojson"]])
def test_bad_usage_is_json_too_where_json_was_asked_for(cli, spelling):
    result = cli("model", "list", "--latst", *spelling)
    assert result.json["error"]["code"] == "usage-invalid"


def test_output_format_of_the_environment_is_used(cli, monkeypatch):
    monkeypatch.setenv("MODELPORT_OUTPUT", "json")
    assert cli("workspace", "list").json == []


def test_unknown_output_format_of_the_environment_is_refused(cli, monkeypatch):
    monkeypatch.setenv("MODELPORT_OUTPUT", "jsn")
    result = cli("workspace", "list")
    assert result.exit_code == 2
    assert "MODELPORT_OUTPUT is 'jsn'" in result.stderr
    assert "Did you mean 'json'?" in result.stderr


def ended(error, capsys, *, verbose=False):
    session = Session()
    session.verbose = verbose
    try:
        raise error
    except type(error) as caught:
        code = end(caught, session, [])
    return code, capsys.readouterr().err


def test_bug_is_told_in_short_with_the_way_to_the_traceback(capsys, home):
    code, told = ended(ZeroDivisionError("division by zero"), capsys)
    assert code == 70
    assert told.startswith("This is a bug in Modelport: ZeroDivisionError: division by zero")
    assert "--verbose" in told
    assert "Traceback" not in told


def test_verbose_shows_the_traceback(capsys, home):
    assert "Traceback" in ended(ZeroDivisionError("division by zero"), capsys, verbose=True)[1]


def test_home_that_is_a_file_is_no_bug(cli, home):
    home.write_text("not a folder")
    result = cli("workspace", "create", "research")
    assert result.exit_code == 2
    assert str(home) in result.stderr
    assert "[home-not-a-folder]" in result.stderr


def test_group_without_a_command_prints_its_help(cli):
    result = cli("model")
    assert result.exit_code == 2
    assert "Usage: modelport model" in result.stdout + result.stderr


def test_reader_that_leaves_ends_the_command_quietly(home):
    child = subprocess.Popen(
        [sys.executable, "-m", "modelport", "explain", "--list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    child.stdout.close()
    assert child.stderr.read() == b""
    assert child.wait(timeout=20) == 141
    child.stderr.close()


def test_output_that_cannot_hold_a_character_shows_its_number(home):
    done = subprocess.run(
        [sys.executable, "-c", "from modelport.cli import main; main(['explain', 'code-needed']); print('\u00fc')"],
        capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False,
    )  # fmt: skip
    assert (done.stdout.splitlines()[-1], done.stderr) == ("\\xfc", "")


def test_ctrl_c_ends_with_130(home):
    read_end, write_end = os.pipe()  # a standard input that says nothing
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stderr.write('.'); sys.stderr.flush()\n"
         "from modelport.cli import main; sys.exit(main(['workspace', 'secret', 'set', 'a-secret']))"],
        stdin=read_end, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert child.stderr.read(1) == b"."
    time.sleep(0.5)  # until it reads its standard input
    child.send_signal(signal.SIGINT)
    assert child.stderr.read().strip().endswith(b"Interrupted.")
    assert child.wait(timeout=20) == 130
    child.stderr.close()
    os.close(read_end)
    os.close(write_end)
