"""The container engine of the tests: finds it, makes the base images, keeps what a test makes apart, starts daemons.

    python -m tests.engine      makes the base images that are missing (what .ci/run does before the tests)

The bases are made from Debian suites by mmdebstrap, because tests must not need a registry: one Python of each suite.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from modelport.errors import EngineError
from modelport.images.engine import Engine, find_engine, image_facts

SUITES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
"""Version of Python -> the Debian suite that has it."""
PACKAGES = "python3,python3-venv,ca-certificates"
TEST_LABEL = "dev.modelport.test"
HOW_TO_GET_ENGINE = "apt install docker.io, then start dockerd (as .ci/run does)"
HOW_TO_GET_BASES = "apt install mmdebstrap, run as root: python -m tests.engine"


def engine_or_reason(environ: Mapping[str, str] | None = None) -> tuple[Engine | None, str]:
    """The engine of this machine, or why there is none."""
    try:
        return find_engine(os.environ if environ is None else environ), ""
    except EngineError as error:
        return None, error.message


def base_name(python: str) -> str:
    """The name of the base image with this Python: "modelport-test/python:3.11"."""
    return f"modelport-test/python:{python}"


@contextmanager
def machine_lock(name: str) -> Iterator[None]:
    """Held by one process of this machine at a time: xdist runs many, and a base takes a minute to make."""
    with open(Path(tempfile.gettempdir()) / f"modelport-test-{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_base(engine: Engine, python: str) -> str:
    """The base image with this Python, made if the engine does not hold it; its name."""
    name = base_name(python)
    with machine_lock("bases"):
        if image_facts(engine, name) is None:
            with tempfile.TemporaryDirectory(prefix="modelport-base-") as folder:
                archive = Path(folder) / "base.tar"
                words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", SUITES[python]]
                subprocess.run([*words, archive], check=True, stdin=subprocess.DEVNULL)
                import_image(engine, archive, name)
    return name


def import_image(engine: Engine, archive: Path, name: str, *, platform: str = "", label: str = "") -> None:
    """Make an image of one layer from the root file system in a tar archive."""
    words = ["--platform", platform] if platform else []
    words += ["--change", f"LABEL {label}"] if label else []
    done = engine.run(["import", *words, archive, name], timeout_seconds=300)
    if done.exit_code:
        raise RuntimeError(done.stderr)


@dataclass
class Scratch:
    """What one test makes in the engine: its label and its names tell it from everybody else's; `clean` removes it."""

    engine: Engine
    key: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    @property
    def label(self) -> str:
        """For --label of everything that the test makes."""
        return f"{TEST_LABEL}={self.key}"

    @property
    def labels(self) -> dict[str, str]:
        """The same as a mapping."""
        return {TEST_LABEL: self.key}

    def name(self, word: str = "image") -> str:
        """A name for an image of this test; whatever bears it is removed afterwards."""
        return f"modelport-test/{self.key}-{word}:1"

    def docker(self, *words: str | Path, timeout_seconds: float = 120) -> str:
        """Run a command of the engine's client that must work; what it printed."""
        done = self.engine.run(words, timeout_seconds=timeout_seconds)
        if done.exit_code:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr}")
        return done.stdout.strip()

    def clean(self) -> None:
        """Remove containers, networks, volumes and images of this test."""
        for kind, listing, remove in (
            ("container", ["ls", "--all"], ["rm", "--force", "--volumes"]),
            ("network", ["ls"], ["rm"]),
            ("volume", ["ls"], ["rm", "--force"]),
        ):
            found = self.docker(kind, *listing, "--quiet", "--filter", f"label={self.label}").split()
            if found:
                self.engine.run([kind, *remove, *found])
        reference = f"reference=modelport-test/{self.key}-*"
        images = self.docker("image", "ls", "--all", "--quiet", "--filter", f"label={self.label}").split()
        images += self.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", reference).split()
        for image in dict.fromkeys(images):  # one by one: a child that is removed takes its parents with it
            self.engine.run(["image", "rm", "--force", image])


class Program:
    """A program that runs beside a test, its output in a file, and that ends with it."""

    def __init__(self, words: Sequence[str | Path], log: Path, environ: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=None if environ is None else dict(environ),
                start_new_session=True,
            )

    def stop(self, grace_seconds: float = 20) -> None:
        """End it, and wait until it has."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def wait_for(condition, what: str, timeout_seconds: float = 60) -> None:
    """Wait until `condition()` holds; the time limit only tells a hang."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not happen within {timeout_seconds} s")
        time.sleep(0.05)


class OwnDaemon:
    """A dockerd of one test: with its own socket and folders, so that it can be stopped, or run out of disk.

    It has a bridge of its own, whose containers reach nothing (`--network host` works): the packet filter belongs to
    the daemon that runs already, and a daemon without any bridge takes `docker0` away from that one.
    """

    def __init__(self, folder: Path, data_root: Path) -> None:
        self.folder, self.data_root = folder, data_root
        self.host = f"unix://{folder}/d.sock"
        self.environ = {**os.environ, "DOCKER_HOST": self.host}
        self.program: Program | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        own = ["--data-root", self.data_root, "--exec-root", self.folder / "x", "--pidfile", self.folder / "d.pid"]
        subprocess.run(["ip", "link", "add", self.folder.name, "type", "bridge"], check=True)
        network = [f"--bridge={self.folder.name}", "--iptables=false", "--ip-masq=false"]
        self.program = Program(["dockerd", "--host", self.host, *own, *network], self.folder / "dockerd.log")
        wait_for(lambda: engine_or_reason(self.environ)[0] is not None, f"dockerd ({self.folder})", 90)

    @property
    def engine(self) -> Engine:
        return find_engine(self.environ)

    def stop(self) -> None:
        """End it as `systemctl stop` would."""
        if self.program:
            self.program.stop()
            subprocess.run(["ip", "link", "delete", self.folder.name], check=False)


@contextmanager
def own_daemon(*, disk_bytes: int = 0) -> Iterator[OwnDaemon]:
    """A daemon of its own, running; with `disk_bytes` all that it holds lies on a disk of this size (needs root)."""
    folder = Path(tempfile.mkdtemp(prefix="mp-d-"))  # short: its sockets have paths of at most 108 bytes
    data_root = folder / "data"
    data_root.mkdir()
    if disk_bytes:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk_bytes}", "tmpfs", data_root], check=True)
    daemon = OwnDaemon(folder, data_root)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()
        for mount in sorted(_mounts_below(folder), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [path for path in (line.split()[1] for line in lines) if path.startswith(f"{folder}/")]


def main() -> int:
    """Make the base images that are missing."""
    engine, reason = engine_or_reason()
    if engine is None:
        print(f"no container engine: {reason}", file=sys.stderr)
        return 1
    for python in SUITES:
        print(f"base image {make_base(engine, python)} is there", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
