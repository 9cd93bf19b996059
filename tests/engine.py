"""The container engine of the tests: finds it, makes the base images, keeps what a test makes apart, starts daemons.

    python -m tests.engine                  makes the base images that are missing (what .ci/run does before the tests)
    python -m tests.engine --clean TIME     removes what tests left in the engine since then (seconds since 1970)

The bases are made from Debian suites by mmdebstrap, because tests must not need a registry: one Python of each suite.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import re
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
from typing import Any

from modelport.errors import EngineError
from modelport.images.engine import Engine, image_facts
from modelport.images.engine_search import find_engine
from modelport.naming import SERVICE_LABEL

SUITES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
"""Version of Python -> the Debian suite that has it."""
PACKAGES = "python3,python3-venv,python3-six,ca-certificates"
TEST_LABEL = "dev.modelport.test"
BASE_LABEL = "dev.modelport.test-base"
"""Of the bases of tests, its value what they are made of; an image that is built on one inherits it, and is known by it
as made by a test."""
_RUN_SECONDS = 3600.0
"""No test run takes so long: what is older belongs to none that goes on."""
_CACHE_BYTES = 3_000_000_000
_OUR_STEPS = re.compile(r"modelport|local source for|fileop target")
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


def has_base(engine: Engine, python: str) -> bool:
    """Whether the engine holds the base image with this Python, made of what it is made of today."""
    facts = image_facts(engine, base_name(python))
    return facts is not None and facts.labels.get(BASE_LABEL) == PACKAGES


def make_base(engine: Engine, python: str) -> str:
    """The base image with this Python, made if the engine does not hold it; its name."""
    name = base_name(python)
    with machine_lock("bases"):
        if not has_base(engine, python):
            with tempfile.TemporaryDirectory(prefix="modelport-base-") as folder:
                archive = Path(folder) / "base.tar"
                words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", SUITES[python]]
                subprocess.run([*words, archive], check=True, stdin=subprocess.DEVNULL)
                import_image(engine, archive, name, label=f"{BASE_LABEL}={PACKAGES}")
    return name


def import_image(engine: Engine, archive: Path, name: str, *, platform: str = "", label: str = "") -> None:
    """Make an image of one layer from the root file system in a tar archive."""
    words = ["--platform", platform] if platform else []
    words += ["--change", f"LABEL {label}"] if label else []
    done = engine.run(["import", *words, archive, name], timeout_seconds=300)
    if done.exit_code:
        raise RuntimeError(done.stderr)


def build_cache() -> list[dict[str, Any]]:
    """What BuildKit keeps in the engine of this machine: each with ID, Type, Description, Size (bytes), CreatedAt."""
    import docker

    with contextlib.closing(docker.APIClient(timeout=300)) as client:
        return list(client.df().get("BuildCache") or [])


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
        images = self.docker("image", "ls", "--all", "--quiet", "--filter", f"label={self.label}").split()
        for pattern in (f"modelport-test/{self.key}-*", f"modelport/ws-{self.key}/*"):
            words = ["--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={pattern}"]
            images += self.docker("image", "ls", *words).split()
        for image in dict.fromkeys(images):  # one by one: a child that is removed takes its parents with it
            self.engine.run(["image", "rm", "--force", image])


def remove_leftovers(engine: Engine, since: float = 0.0) -> list[str]:
    """Remove the containers and images of tests that ended without removing them, and return the ids of the images.

    These are those on a test's base that are older than any run, or newer than `since` (seconds since 1970): what is
    neither may belong to a run that goes on beside this one.
    """
    _remove_containers(engine, since)
    listed = engine.run(["image", "ls", "--all", "--quiet", "--no-trunc", "--filter", f"label={BASE_LABEL}"])
    bases = {base_name(python) for python in SUITES}
    removed = []
    for image in dict.fromkeys(listed.stdout.split()):
        facts = image_facts(engine, image)
        if facts is None or bases & set(facts.tags):
            continue
        if _is_left(facts.created, since):
            engine.run(["image", "rm", "--force", image])  # a parent is refused, and goes with its last child
            removed.append(image)
    return [image for image in removed if image_facts(engine, image) is None]


def _is_left(created: str, since: float) -> bool:
    seconds = _seconds(created)
    return (bool(since) and seconds >= since) or seconds < time.time() - _RUN_SECONDS


def _remove_containers(engine: Engine, since: float) -> None:
    """Remove containers, which have the labels of their images, with the networks and volumes of their services."""
    listed = engine.run(["container", "ls", "--all", "--quiet", "--no-trunc", "--filter", f"label={BASE_LABEL}"])
    for container in listed.stdout.split():
        described = json.loads(engine.run(["container", "inspect", container]).stdout or "[]")
        if not described or not _is_left(described[0]["Created"], since):
            continue
        engine.run(["container", "rm", "--force", "--volumes", container])
        service = described[0]["Config"]["Labels"].get(SERVICE_LABEL)
        for kind in ("network", "volume") if service else ():
            found = engine.run([kind, "ls", "--quiet", "--filter", f"label={SERVICE_LABEL}={service}"]).stdout.split()
            for name in found:  # refused while another container of the service is there, and gone with the last
                engine.run([kind, "rm", name])


def bound_build_cache(engine: Engine, since: float) -> int:
    """Prune what tests left in BuildKit's cache since a moment, but for the last 3 GB; how much that was, in bytes.

    Known by their descriptions are Modelport's own steps, copies of files, and the files that a build was sent: of
    another project that is built at the same time the last two may go as well, and are made again by its next build.
    """
    found = [each for each in build_cache() if _OUR_STEPS.search(each["Description"]) and not each["InUse"]]
    ours = sorted((each for each in found if _seconds(each["CreatedAt"]) >= since), key=lambda each: each["LastUsedAt"])
    doomed, excess = [], sum(each["Size"] for each in ours) - _CACHE_BYTES
    for each in ours:
        if excess > 0 or each["Type"] == "source.local":
            doomed.append(each)
            excess -= each["Size"]
    for start in range(0, len(doomed), 100):
        pattern = "|".join(each["ID"] for each in doomed[start : start + 100])
        engine.run(["builder", "prune", "--all", "--force", "--filter", f"id={pattern}"], timeout_seconds=300)
    return sum(each["Size"] for each in doomed)


def _seconds(moment: str) -> float:
    """Seconds since 1970 of a moment as engines write it, with nanoseconds."""
    whole = moment.partition(".")[0].rstrip("Z")
    return datetime.datetime.fromisoformat(f"{whole}+00:00").timestamp()


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


def main(words: Sequence[str]) -> int:
    """Make the base images that are missing, or remove what tests left."""
    engine, reason = engine_or_reason()
    if engine is None:
        print(f"no container engine: {reason}", file=sys.stderr)
        return 1
    if words[:1] == ["--clean"]:
        since = float(words[1])
        left = remove_leftovers(engine, since)
        pruned = bound_build_cache(engine, since)
        print(f"removed {len(left)} images that tests had left, and {pruned / 1e6:.0f} MB of the build cache")
        return 0
    for python in SUITES:
        print(f"base image {make_base(engine, python)} is there", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
