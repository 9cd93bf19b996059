"""What logs of failed builds, recorded from real runs, are read as; `recorded` has one for each dialect."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.errors import EngineError, ModelportError
from modelport.images.build.dockerfile_steps import instructions
from modelport.images.build.errors import build_error
from modelport.images.build.evidence import BuildFacts
from modelport.images.build.log import BuildLog
from modelport.images.engine import Engine

RECORDED = Path(__file__).parent / "recorded"
# Recorded run -> (code, a word of the message, the line of the Dockerfile)
EXPECTED = {
    "architecture": ("wrong-architecture", "exec format error", 3),
    "base-denied": ("base-not-allowed", "127.0.0.1:5777/x/y:1", 1),
    "base-missing": ("base-not-found", "127.0.0.1:5777/x/y:1", 1),
    "base-unreachable": ("build-network", "connection refused", 1),
    "disk": ("build-disk-full", "No space left on device", 3),
    "file-missing": ("build-file-missing", "'nothing.txt'", 3),
    "mount": ("buildkit-needed", "needs BuildKit", 3),
    "pip-compiler": ("compiler-missing", "'x86_64-linux-gnu-gcc'", 6),
    "pip-conflict": ("requirements-conflict", "mp-beta 1.0 depends on mp-alpha<2", 6),
    "pip-hash": ("hash-mismatch", "0000000000000000", 6),
    "pip-name": ("package-not-found", "'mp-nothing'", 6),
    "pip-network": ("build-network", "Connection refused", 6),
    "pip-version": ("package-version-missing", "Versions that exist: 1.0, 1.1, 2.0.", 6),
    "step": ("build-step-failed", "ended with exit code 7", 6),
    "syntax": ("dockerfile-invalid", "unknown instruction: RNU", 3),
    "system-package": ("apt-package-missing", "'libnothing-here'", 3),
    "uv-certificate": ("build-certificate", "UnknownIssuer", 6),
    "uv-conflict": ("requirements-conflict", "mp-alpha<2", 6),
    "uv-hash": ("hash-mismatch", "Computed:", 6),
    "uv-name": ("package-not-found", "'mp-nothing'", 6),
    "uv-network": ("build-network", "Connection refused", 6),
    "uv-version": ("package-version-missing", "mp-alpha==9", 6),
}
ENGINE = Engine("docker", Path("/usr/bin/docker"), "20.10", "buildkit", "linux/amd64")


def error_of(lines: list[str], dockerfile: str, exit_code: int = 1, platform: str = "") -> ModelportError:
    log = BuildLog(instructions(dockerfile))
    for line in lines:
        log.feed(line)
    log.end(exit_code)
    return build_error(log, BuildFacts(ENGINE, dockerfile, platform, exit_code, Path("/kept/build.log")))


def recorded(file: Path) -> ModelportError:
    dockerfile = (RECORDED / f"{file.name.partition('.')[0]}.Dockerfile").read_text()
    return error_of(file.read_text().splitlines(), dockerfile)


LOGS = sorted(RECORDED.glob("*.log"))


@pytest.mark.parametrize("file", LOGS, ids=[file.name for file in LOGS])
def test_a_recorded_failure(file):
    error = recorded(file)
    code, word, line = EXPECTED[file.name.partition(".")[0]]
    assert error.code == code
    assert word in error.message
    assert f"Dockerfile line {line} (" in error.message
    assert error.remedy


def test_what_apt_says_is_understood_when_its_two_outputs_were_mixed():
    dockerfile = "FROM python\nRUN apt-get install -y libnothing-here\n"
    error = error_of([
        "#5 [2/2] RUN apt-get install -y libnothing-here",
        "#5 2.269 Reading package lists...",
        "#5 2.478 EBuilding dependency tree...",
        "#5 2.478 Reading state information...",
        "#5 2.485 : Unable to locate package libnothing-here",
        "#5 ERROR: executor failed running [/bin/sh -c apt-get install -y libnothing-here]: exit code: 100",
    ], dockerfile)  # fmt: skip
    assert (error.code, "'libnothing-here'" in error.message) == ("apt-package-missing", True)


def test_every_kind_was_recorded_from_both_builders():
    kinds = {file.name.partition(".")[0] for file in LOGS}
    assert kinds == EXPECTED.keys()
    assert {file.name for file in LOGS} >= {f"{kind}.classic.log" for kind in kinds}
    assert {file.name for file in LOGS} >= {f"{kind}.buildkit.log" for kind in kinds - {"mount"}}


@pytest.mark.parametrize("file", LOGS, ids=[file.name for file in LOGS])
def test_the_proof_is_short(file):
    assert len(recorded(file).message.splitlines()) <= 16


def run(*output: str, instruction: str = "RUN make-it") -> ModelportError:
    """The error of one step that printed this."""
    lines = ["Step 1/2 : FROM base", " ---> 0123", f"Step 2/2 : {instruction}", *output]
    return error_of(lines, f"FROM base\n{instruction}\n")


@pytest.mark.parametrize(
    ("line", "code", "word"),
    [
        ("E: Package 'python2' has no installation candidate", "apt-package-missing", "'python2'"),
        ("E: Version '1.2' for 'curl' was not found", "apt-package-missing", "'curl' in version 1.2"),
        ("  nothing-here (no such package):", "apt-package-missing", "'nothing-here'"),
        ("Error: Unable to find a match: nothing-here", "apt-package-missing", "'nothing-here'"),
        ("m.c:1:10: fatal error: Python.h: No such file or directory", "compiler-missing", "'Python.h'"),
        ("error: can't find Rust compiler", "compiler-missing", "'Rust compiler'"),
        ("/bin/sh: 1: make: not found", "compiler-missing", "'make'"),
        ("curl: (6) Could not resolve host: files.example", "build-network", "files.example"),
        ("HTTP status client error (401 Unauthorized) for url (https://index.example/a/)", "build-network", "401"),
        ("OSError: [Errno 122] Disk quota exceeded", "build-disk-full", "quota"),
    ],
)
def test_other_words_for_the_same_causes(line, code, word):
    error = run(line)
    assert error.code == code
    assert word in error.message


@pytest.mark.parametrize(
    "line",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        'failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF',
        "error during connect: Post \"http://engine.example/build\": EOF",
        "unexpected EOF",
    ],
)
def test_an_engine_that_has_gone(line):
    error = run(line)
    assert (type(error), error.code, error.exit_code) == (EngineError, "engine-not-running", 3)


def test_a_step_that_speaks_of_an_engine_is_still_a_step():
    docker_in_docker = "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"
    error = run(docker_in_docker, *(f"line {number}" for number in range(5)), "returned a non-zero code: 1")
    assert error.code == "build-step-failed"


def test_a_killed_step_may_have_had_too_little_memory():
    error = run("collecting", "The command 'make-it' returned a non-zero code: 137")
    assert "exit code 137 (killed: the engine's machine may be out of memory)" in error.message


def test_the_package_lists_were_fetched_so_the_name_is_wrong():
    error = run("E: Unable to locate package x", instruction="RUN apt-get update && apt-get install x")
    assert "package search" in error.remedy


def test_a_platform_that_the_base_does_not_have():
    line = "no matching manifest for linux/s390x in the manifest list entries"
    error = error_of(["Step 1/1 : FROM base", line], "FROM base\n", platform="linux/s390x")
    assert error.code == "wrong-architecture"
    assert "linux/s390x" in error.message


def test_long_output_is_shown_by_its_end():
    error = run(*(f"line {number}" for number in range(100)))
    assert "line 99" in error.message
    assert "line 50" not in error.message


def test_a_build_that_says_nothing():
    assert error_of([], "FROM base\n").code == "build-step-failed"
