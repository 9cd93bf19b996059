"""Starting programs, and telling whether they still live."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from modelport import process
from modelport.errors import UserError


def start(program, directory):
    process.spawn([program], environ=os.environ, directory=directory, stdout=1, stderr=2, die_with_parent=True)


def test_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="program '/nowhere/python' cannot be started") as caught:
        start("/nowhere/python", tmp_path)
    assert caught.value.code == "program-missing"


def test_working_directory_that_is_gone_is_not_blamed_on_the_program(tmp_path):
    with pytest.raises(UserError, match=r"gone', where .* cannot be entered: No such file") as caught:
        start(sys.executable, tmp_path / "gone")
    assert caught.value.code == "working-directory-missing"


@pytest.mark.parametrize("on_line", [None, print])
def test_time_limit_ends_the_program_and_what_it_started_and_tells_its_last_lines(on_line) -> None:
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen(['sleep', '60'])\n"  # holds the pipes of its parent
        "print('fetching numpy', file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="its last lines:\n  fetching numpy"):
        process.run([sys.executable, "-c", code], timeout_seconds=0.5, on_line=on_line)
    assert time.monotonic() - started < 30


def test_program_within_its_time_limit_is_left_alone() -> None:
    assert process.run([sys.executable, "-c", "print(1)"], timeout_seconds=30).stdout == "1\n"


def test_a_program_is_asked_over_its_standard_input() -> None:
    code = "import sys; print(sys.stdin.read()[::-1])"
    assert process.ask([sys.executable, "-c", code], "abc", environ={}, timeout_seconds=30).stdout == "cba\n"


def test_a_program_that_does_not_answer_is_ended_and_its_question_not_told() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError) as caught:
        process.ask([sys.executable, "-c", "import time; time.sleep(60)"], "secret", environ={}, timeout_seconds=0.3)
    assert "secret" not in str(caught.value)
    assert time.monotonic() - started < 30


def test_both_outputs_are_followed_in_their_order() -> None:
    code = "import sys\nfor n in range(3): print(n, file=(sys.stdout, sys.stderr)[n % 2], flush=True)\nsys.exit(4)"
    seen: list[str] = []
    done = process.follow([sys.executable, "-c", code], seen.append, environ={}, timeout_seconds=30)
    assert (seen, done.stdout, done.exit_code) == (["0", "1", "2"], "0\n1\n2\n", 4)


def test_a_cancelled_program_ends_at_once_with_what_it_started(tmp_path: Path) -> None:
    cancellation, caught, begun = process.Cancellation(), [], threading.Event()

    def work() -> None:
        with cancellation.of_this_thread():
            try:
                process.follow(["sh", "-c", "echo begun; sleep 60"], lambda _: begun.set(), environ=os.environ,
                               timeout_seconds=60)
            except process.Cancelled as error:
                caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(30)
    cancellation.ask()
    thread.join(30)
    assert len(caught) == 1


def test_after_a_cancellation_nothing_more_is_run() -> None:
    cancellation = process.Cancellation()
    cancellation.ask()
    with cancellation.of_this_thread(), pytest.raises(process.Cancelled):
        process.run(["sleep", "60"])
    assert process.run(["true"]).exit_code == 0


def test_becoming_a_program_ends_with_its_exit_code(tmp_path):
    code = "import os; from modelport.process import become; become(['sh', '-c', 'echo $X; exit 7'], {**os.environ})"
    done = process.run([sys.executable, "-c", code], environ={**os.environ, "X": "y"}, timeout_seconds=60)
    assert (done.exit_code, done.stdout) == (7, "y\n")


def test_becoming_a_program_that_is_not_there_is_told():
    with pytest.raises(UserError) as caught:
        process.become(["/nowhere/program"], {"PATH": ""})
    assert caught.value.code == "program-missing"
