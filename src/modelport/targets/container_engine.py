"""One conversation with the container engine: connects, translates its errors, and does the few things that the target
asks of it. The docker SDK is imported when the first conversation begins."""

from __future__ import annotations

import io
import json
import os
import socket
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelport.engine_errors import unreachable_engine
from modelport.errors import ConflictError, DeploymentError, EngineError, MissingExtraError, ModelportError

USER = 10001  # of every image that Modelport builds
SERVER_PYTHON = "/opt/modelport/server/bin/python"
_ASK_SECONDS = 60.0
# As `modelport.server.control_client`, and imports nothing: a container may have a tenth of a core, and is asked often.
_ASK = """
import _socket, sys
connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
connection.connect("/tmp/modelport/control.sock")
connection.sendall(sys.argv[1].encode() + b"\\n")
answer = b""
while not answer.endswith(b"\\n") and (part := connection.recv(65536)):
    answer += part
sys.stdout.buffer.write(answer)
"""
_NO_SUCH = 404


@dataclass(frozen=True)
class File:
    """One file or link (`link_to`) to be put into a container, its path relative to the folder it goes into."""

    path: str
    content: bytes = b""
    mode: int = 0o600
    link_to: str = ""


class Engine:
    """What the target asks of a container engine. Every method raises `EngineError` when it does not answer, and
    `DeploymentError` (`engine-refused`) for what it does not do."""

    def __init__(self, client: Any, host: str) -> None:
        self.client = client
        self.host = host

    # -- what there is -------------------------------------------------------------------------------------------

    def containers(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """The containers with these labels, running or not, as the engine describes them, oldest first."""
        found = self.client.containers(all=True, filters={"label": _filters(labels)})
        described = [self.inspect(each["Id"]) for each in found]
        return sorted((each for each in described if each), key=lambda each: str(each["Created"]))

    def inspect(self, container: str) -> dict[str, Any]:
        """A container as the engine describes it; empty if there is none."""
        return _or_empty(lambda: self.client.inspect_container(container))

    def about(self) -> dict[str, Any]:
        """What the engine says of itself and its machine: NCPU, MemTotal (bytes) and more."""
        return dict(self.client.info())

    def published(self) -> list[tuple[str, int, str]]:
        """(address, port, name of the container) of what containers publish right now."""
        found = [(each, port) for each in self.client.containers() for port in each.get("Ports") or ()]
        return [
            (str(port.get("IP") or ""), int(port["PublicPort"]), str((each.get("Names") or [""])[0]).lstrip("/"))
            for each, port in found if port.get("PublicPort")
        ]  # fmt: skip

    def image(self, reference: str) -> dict[str, Any]:
        """An image as the engine describes it; empty if it does not hold it."""
        return _or_empty(lambda: self.client.inspect_image(reference))

    # -- making and ending ---------------------------------------------------------------------------------------

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> None:
        """A private network of this name."""
        if not self.client.networks(filters={"label": _filters(labels)}):
            self.client.create_network(name, driver="bridge", labels=dict(labels), check_duplicate=True)

    def create(self, words: Mapping[str, Any], host: Mapping[str, Any], network: tuple[str, str]) -> str:
        """A container that is not started yet, in a network (name, alias); its id. A volume of its name is its own."""
        name, alias = network
        endpoint = self.client.create_endpoint_config(aliases=[alias])
        made = self.client.create_container(
            **words,
            host_config=self.client.create_host_config(**host),
            networking_config=self.client.create_networking_config({name: endpoint}),
            use_config_proxy=False,  # proxies of the machine belong to builds, and hold passwords at times
        )
        return str(made["Id"])

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """A volume of this name."""
        self.client.create_volume(name, labels=dict(labels))

    def start(self, container: str) -> None:
        """Start a container; one that runs is left as it is. Raises `ConflictError` (`port-in-use`)."""
        import docker

        try:
            self.client.start(container)
        except docker.errors.APIError as error:
            raise _refused(error) from error

    def stop(self, container: str, seconds: float) -> None:
        """Tell a container to end, and kill it if it has not after `seconds`; gone already is no error."""
        _or_empty(lambda: self.client.stop(container, timeout=round(seconds)))

    def remove(self, container: str) -> None:
        """Remove a container, killed if it runs; gone already is no error."""
        _or_empty(lambda: self.client.remove_container(container, force=True, v=True))

    def remove_networks(self, labels: Mapping[str, str]) -> None:
        """Remove the networks with these labels."""
        for network in self.client.networks(filters={"label": _filters(labels)}):
            _or_empty(lambda found=network: self.client.remove_network(found["Id"]))

    def remove_volumes(self, labels: Mapping[str, str]) -> None:
        """Remove the volumes with these labels."""
        for volume in self.client.volumes(filters={"label": _filters(labels)})["Volumes"] or ():
            self.remove_volume(str(volume["Name"]))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; gone already is no error."""
        _or_empty(lambda: self.client.remove_volume(name, force=True))

    def keep_running(self, container: str) -> None:
        """From now on the engine starts it again, whenever it ends by itself or with the machine."""
        self.client.update_container(container, restart_policy={"Name": "unless-stopped"})

    # -- inside ----------------------------------------------------------------------------------------------------

    def put(self, container: str, folder: str, files: Sequence[File]) -> None:
        """Put files into a folder of a container, which need not run; they belong to its user."""
        self.client.put_archive(container, folder, packed(files))

    def read(self, container: str, path: str) -> bytes:
        """The content of a file in a container, which need not run; empty if there is none."""
        found = _or_empty(lambda: {"stream": self.client.get_archive(container, path)[0]})
        if not found:
            return b""
        with tarfile.open(fileobj=io.BytesIO(b"".join(found["stream"]))) as archive:
            member = next((each for each in archive if each.isfile()), None)
            content = archive.extractfile(member) if member else None
            return content.read() if content else b""

    def ask(self, container: str, command: str, wait_seconds: float = 0.0) -> dict[str, Any]:
        """What the server in a container answers to a control command; empty if it does not."""
        words = json.dumps({"command": command, "wait_seconds": wait_seconds})
        asking = [SERVER_PYTHON, "-I", "-S", "-c", _ASK, words]
        started = _or_empty(lambda: self.client.exec_create(container, asking), refused=True)
        if not started:
            return {}
        # One that crashes again and again may have ended between the two calls.
        done = _or_empty(lambda: {"output": self.client.exec_start(started["Id"], demux=True)[0]}, refused=True)
        output = done.get("output")
        try:
            answer = json.loads((output or b"").splitlines()[-1])
        except (ValueError, IndexError):
            return {}
        return answer if isinstance(answer, dict) else {}

    def lines(self, container: str, tail: int | str = "all", since: float = 0.0) -> list[tuple[str, str]]:
        """(moment, line) of a container's output, oldest first; moments sort as texts."""
        words: dict[str, Any] = {"since": since} if since else {}
        data = self.client.logs(container, timestamps=True, tail=tail, **words)
        texts = (line.decode("utf-8", "replace") for line in data.split(b"\n") if line)
        return sorted((text.partition(" ")[::2] for text in texts), key=lambda pair: pair[0])


def _filters(labels: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in labels.items()]


def packed(files: Sequence[File]) -> bytes:
    """Files as a tar archive, owned by the user of the images."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        folders: set[str] = set()
        for file in files:
            for parent in reversed(Path(file.path).parents[:-1]):
                if str(parent) not in folders:
                    folders.add(str(parent))
                    archive.addfile(_entry(str(parent), tarfile.DIRTYPE, 0o700))
            entry = _entry(file.path, tarfile.SYMTYPE if file.link_to else tarfile.REGTYPE, file.mode)
            entry.linkname, entry.size = file.link_to, len(file.content)
            archive.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type, entry.mode, entry.uid, entry.gid, entry.mtime = kind, mode, USER, USER, time.time()
    return entry


def _or_empty(call: Any, *, refused: bool = False) -> dict[str, Any]:
    """What a call answers; empty where what it is about is not there (`refused`: or does not run)."""
    import docker

    try:
        return call() or {}
    except docker.errors.APIError as error:
        if error.status_code == _NO_SUCH or (refused and error.status_code == 409):
            return {}
        raise


# -- the connection ------------------------------------------------------------------------------------------------


@contextmanager
def conversation(environ: Mapping[str, str]) -> Iterator[Engine]:
    """An engine to talk to: the one that DOCKER_HOST names, else the one of this machine, Docker's or Podman's.

    Raises `MissingExtraError`, `EngineError` (`engine-not-running`, `engine-not-allowed`) and `DeploymentError`
    (`engine-refused`).
    """
    try:
        import docker
        import requests
    except ImportError as error:
        raise MissingExtraError("The container target", "container") from error
    address = _address(environ)
    client = None
    try:
        _knock(address)
        client = docker.APIClient(version="auto", timeout=_ASK_SECONDS, **_connection(docker, environ, address))
        yield Engine(client, host_of(address))
    except docker.errors.APIError as error:
        raise _refused(error) from error
    except _lost(docker, requests) as error:
        raise _unreachable(environ, error) from error
    finally:
        if client is not None:
            client.close()


def _knock(address: str) -> None:
    """Raise `docker.errors.DockerException` if nobody opens: the SDK itself would leave its socket open then."""
    import docker

    parts = urlsplit(address)
    if parts.scheme != "unix":
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(parts.path)
        except OSError as error:
            raise docker.errors.DockerException(str(error)) from error


def _lost(docker: Any, requests: Any) -> tuple[type[Exception], ...]:
    """What is raised when an engine does not answer, or stops answering in the middle of a sentence."""
    import urllib3

    return (
        docker.errors.DockerException, requests.exceptions.RequestException, urllib3.exceptions.HTTPError,
        ConnectionError, TimeoutError,
    )  # fmt: skip


def _connection(docker: Any, environ: Mapping[str, str], address: str) -> dict[str, Any]:
    words = dict(docker.utils.kwargs_from_env(environment={**environ, "DOCKER_HOST": address}))
    if address.startswith("ssh://"):
        words["use_ssh_client"] = True
    return words


def _address(environ: Mapping[str, str]) -> str:
    if environ.get("DOCKER_HOST"):
        return environ["DOCKER_HOST"]
    own = environ.get("XDG_RUNTIME_DIR", "")
    sockets = ["/var/run/docker.sock", *([f"{own}/podman/podman.sock"] if own else []), "/run/podman/podman.sock"]
    return f"unix://{next((path for path in sockets if os.path.exists(path)), sockets[0])}"  # noqa: PTH110


def host_of(address: str) -> str:
    """The machine that an engine's address names; empty for this one.

    >>> host_of("unix:///var/run/docker.sock"), host_of("ssh://me@build:22")
    ('', 'build')
    """
    parts = urlsplit(address)
    return "" if parts.scheme in ("unix", "npipe", "") else parts.hostname or ""


def _unreachable(environ: Mapping[str, str], error: Exception) -> EngineError:
    address = _address(environ)
    kind = "podman" if "podman" in address else "docker"
    return unreachable_engine(kind, environ.get("DOCKER_HOST", ""), _short(str(error)), found_at=address)


def _short(words: str) -> str:
    """What an exception of the SDK says in the end: the operating system's words, where it wraps them."""
    known = ("Permission denied", "No such file or directory", "Connection refused", "Connection aborted", "timed out")
    return next((each for each in known if each.lower() in words.lower()), words[-200:].strip(" .'\")"))


def _refused(error: Any) -> ModelportError:
    words = str(error.explanation or error).strip().rstrip(".")
    if "port is already allocated" in words or "address already in use" in words:
        return ConflictError(
            "port-in-use",
            f"The port of the service is in use on the engine's machine: {words}.",
            "Choose another port, or leave it out for a free one.",
        )
    return DeploymentError(
        "engine-refused",
        f"The container engine refused: {words}.",
        "The words after 'refused' are the engine's own; its log has more: journalctl -u docker",
        step="launch",
    )
