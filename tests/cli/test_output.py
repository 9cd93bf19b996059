"""Tables, records and JSON; and on a terminal the same with colour, unless NO_COLOR is set."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from modelport.cli.output import Column, Output
from modelport.cli.words import body
from modelport.errors import UserError

COLUMNS = (Column("name"), Column("size_bytes", "Size"))


def test_table_in_a_pipe_is_aligned(capsys):
    Output(as_json=False).rows([{"name": "a-long-name", "size_bytes": 1}, {"name": "b", "size_bytes": 22}], COLUMNS)
    assert capsys.readouterr().out == "Name         Size\na-long-name  1\nb            22\n"


def test_empty_table_is_told_beside_the_output(capsys):
    Output(as_json=False).rows([], COLUMNS, none="No such thing.")
    assert capsys.readouterr() == ("", "No such thing.\n")


def test_json_of_rows_has_every_key(capsys):
    Output(as_json=True).rows([{"name": "a", "more": None}], COLUMNS)
    assert capsys.readouterr().out == '[\n  {\n    "name": "a",\n    "more": null\n  }\n]\n'


def test_record_indents_a_text_of_several_lines(capsys):
    Output(as_json=False).record({"name": "a", "message": "one\ntwo", "nothing": ""})
    assert capsys.readouterr().out == "Name     a\nMessage  one\n         two\n"


def test_working_says_nothing_in_a_pipe(capsys):
    with Output(as_json=False).working("Solving …") as tell:
        tell("on")
    assert capsys.readouterr() == ("", "")


def on_a_terminal(*words, **environ):
    """What the program writes where standard output and error are a terminal."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "modelport", *words], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environ},
    )  # fmt: skip
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:  # the other end is closed: Linux says so with EIO
        pass
    finally:
        os.close(ours)
    assert child.wait(timeout=30) == 0
    return written.decode()


def test_table_on_a_terminal_is_drawn(home, cli, model_file):
    cli("model", "register", "-n", "diabetes", str(model_file))
    shown = on_a_terminal("model", "list")
    assert "\x1b[" in shown
    assert "diabetes" in shown


def test_no_color_is_honoured(home, cli, model_file):
    cli("model", "register", "-n", "diabetes", str(model_file))
    assert "\x1b[3" not in on_a_terminal("explain", "port-in-use", NO_COLOR="1")


def test_table_on_a_narrow_terminal_keeps_names_whole(home, cli, model_file):
    name = "a-name-that-is-longer-than-the-terminal-is-wide"
    cli("model", "register", "-n", name, str(model_file))
    assert name in on_a_terminal("model", "list", COLUMNS="30")


def test_registration_on_a_terminal_shows_the_bytes(home, model_file):
    assert "7/7 bytes" in on_a_terminal("model", "register", "-n", "diabetes", str(model_file))


def test_json_on_a_terminal_is_plain(home, cli, model_file):
    cli("model", "register", "-n", "diabetes", str(model_file))
    assert "\x1b[" not in on_a_terminal("model", "list", "--output", "json")


def test_data_of_a_file(tmp_path):
    (tmp_path / "request.json").write_bytes(b"\x00\xff")
    assert body(f"@{tmp_path / 'request.json'}") == b"\x00\xff"


def test_data_of_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        body(f"@{tmp_path / 'nothing'}")


def test_data_as_text():
    assert body('{"data": "é"}') == '{"data": "é"}'.encode()
