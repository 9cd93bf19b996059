"""`modelport serve`: a script served in the foreground, from start to Ctrl-C, with nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelport.cli.serve import is_loopback

PATIENCE_SECONDS = 20


class Serving:
    """A running `modelport serve`, its output in a file."""

    def __init__(self, child: subprocess.Popen, output: Path) -> None:
        self.child = child
        self._output = output

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_for(self, pattern: str) -> re.Match:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.output):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} was not printed:\n{self.output}")

    def score(self, body: bytes = b"{}") -> object:
        url = self.wait_for(r"Serving \S+ at (\S+) ")[1]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 503 or time.monotonic() > deadline:
                    raise
                error.close()
                time.sleep(0.02)

    def workers(self) -> list[int]:
        """The processes whose parent it is."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.child.pid:
                found.append(int(path.parent.name))
        return found


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Serving]:
    output = folder / "output.txt"
    with output.open("wb") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "modelport", "serve", *words], cwd=folder, stdout=file, stderr=file, env=os.environ
        )
    try:
        yield Serving(child, output)
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                raise


def test_serves_until_ctrl_c_and_leaves_no_process(script):
    with serving(script.parent, "score.py", "--port", "0") as served:
        assert served.score(b"12345") == {"length": 5}
        workers = served.workers()
        served.child.send_signal(signal.SIGINT)
        assert served.child.wait(timeout=PATIENCE_SECONDS) == 0
        assert len(workers) == 1
        assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_log_goes_to_stdout_with_the_lines_of_the_script(script, tmp_path):
    (tmp_path / "outputs").mkdir()
    with serving(script.parent, "score.py", "--port", "0", "--model-dir", "../outputs") as served:
        served.wait_for(rf"worker-1 stdout - \| loaded {tmp_path / 'outputs'}")


def test_script_may_lie_in_another_folder(script, tmp_path):
    with serving(tmp_path, "scripts/score.py", "--port", "0", "--workers", "2") as served:
        assert served.score() == {"length": 2}
        assert len(served.workers()) == 2


def test_init_that_fails_ends_with_3_and_the_traceback(script):
    script.write_text("def init():\n    raise ValueError('no model here')\n\ndef run(data):\n    return 1\n")
    with serving(script.parent, "score.py", "--port", "0") as served:
        assert served.child.wait(timeout=PATIENCE_SECONDS) == 3
        assert f'File "{script}", line 2, in init' in served.output
        assert served.output.rstrip().endswith("[init-failed]")
        assert served.output.count("Traceback (most recent call last)") == 1


def test_worker_that_dies_in_init_is_not_explained_by_the_command_just_run(script):
    script.write_text("import os\n\ndef init():\n    print('last words', flush=True)\n    os._exit(7)\n\n"
                      "def run(data):\n    return 1\n")  # fmt: skip
    with serving(script.parent, "score.py", "--port", "0") as served:
        assert served.child.wait(timeout=PATIENCE_SECONDS) == 3
        assert "modelport serve" not in served.output and served.output.count("last words") == 1
        assert f'{sys.executable} -c "import score; score.init()"' in served.output


def test_missing_module_is_to_be_installed_in_the_python_that_serves(script):
    script.write_text("import cv2_of_mine\n\ndef init():\n    return\n\ndef run(data):\n    return 1\n")
    with serving(script.parent, "score.py", "--port", "0") as served:
        assert served.child.wait(timeout=PATIENCE_SECONDS) == 3
        assert f"{sys.executable} -m pip install cv2_of_mine" in served.output and "--python" in served.output


def test_reload_takes_a_changed_script(script):
    with serving(script.parent, "score.py", "--port", "0", "--reload") as served:
        assert served.score() == {"length": 2}
        served.wait_for("Revision 1 serves")
        script.write_text("def init():\n    return\n\ndef run(data):\n    return 'changed'\n")
        served.wait_for("Revision 2 serves")
        assert served.score() == "changed"


def test_reload_keeps_the_old_script_while_the_new_one_fails(script):
    with serving(script.parent, "score.py", "--port", "0", "--reload") as served:
        served.wait_for("Revision 1 serves")
        script.write_text("def init(:\n")
        served.wait_for("Revision 2 failed; the revision before it goes on serving")
        assert "[script-syntax]" in served.output
        assert served.score() == {"length": 2}


def test_reload_recovers_from_a_first_init_that_failed(script):
    good = script.read_text()
    script.write_text("import nothing_of_that_name\n\ndef init():\n    return\n\ndef run(data):\n    return 1\n")
    with serving(script.parent, "score.py", "--port", "0", "--reload") as served:
        served.wait_for("Revision 1 failed; nothing serves yet")
        script.write_text(good)
        served.wait_for("Revision 2 serves")
        assert served.score() == {"length": 2}


def test_debug_puts_the_exception_into_the_answer(script):
    script.write_text("def init():\n    return\n\ndef run(data):\n    raise ValueError('of this kind')\n")
    with serving(script.parent, "score.py", "--port", "0", "--debug") as served:
        with pytest.raises(urllib.error.HTTPError) as failure:
            served.score()
        assert b"of this kind" in failure.value.read()
        failure.value.close()


def test_other_interpreter_runs_the_worker(script, tmp_path):
    script.write_text("import sys\n\ndef init():\n    return\n\ndef run(data):\n    return sys.executable\n")
    link = tmp_path / "another-python"
    link.symlink_to(sys.executable)
    with serving(script.parent, "score.py", "--port", "0", "--python", str(link)) as served:
        assert served.score() == str(link)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.test"])
def test_address_that_others_reach_is_told_from_loopback(host):
    assert not is_loopback(host)
    assert all(is_loopback(own) for own in ("127.0.0.1", "127.1.2.3", "::1", "localhost"))


def test_port_in_use_is_a_conflict(script, program):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = program("serve", str(script), "--port", str(taken.getsockname()[1]))
    assert (result.exit_code, "[port-in-use]" in result.stderr) == (5, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nowhere.py"], "script-missing"),
        (["{script}", "--workers", "0"], "limit-invalid"),
        (["{script}", "--scoring-timeout-ms", "-1"], "limit-invalid"),
        (["{script}", "--port", "70000"], "port-invalid"),
        (["{script}", "--model-dir", "nowhere"], "model-directory-missing"),
        (["{script}", "--python", "python0.1"], "python-not-found"),
        (["{script}", "--workers", "two"], "usage-invalid"),
    ],
)
def test_bad_input_ends_with_2_before_anything_starts(cli, script, words, code):
    result = cli("serve", *(word.format(script=script) for word in words), "-o", "json")
    assert (result.exit_code, result.json["error"]["code"]) == (2, code)


def test_limit_that_is_not_valid_is_named_as_its_option(cli, script):
    message = cli("serve", str(script), "--max-request-wait-time", "0", "-o", "json").json["error"]["message"]
    assert message.startswith("The option --max-request-wait-time must be")
