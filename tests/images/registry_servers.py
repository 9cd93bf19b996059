"""A real registry on loopback, as the tests of images want it: with logins, with tokens, or open."""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PROGRAM = shutil.which("docker-registry")
HOW_TO_GET = "apt install docker-registry"
# htpasswd lines (bcrypt, cheapest cost) of the two users that the tests know, with their passwords.
PASSWORDS = {"ann": "pw-of-ann", "bob": "pw-of-bob"}
_HTPASSWD = """\
ann:$2b$04$abcdefghijklmnopqrstuuoi.TPEhlN9egmHzQ0XlZmpJCYSEpEMa
bob:$2b$04$abcdefghijklmnopqrstuuV9Y2mPEllKKci9B7FfxnCLhVJAFfZbe
"""
_START_SECONDS = 60


@dataclass(frozen=True)
class RunningRegistry:
    """A registry that runs: its address, the folder with its blobs, and its log."""

    address: str
    folder: Path
    log: Path

    @property
    def stored_bytes(self) -> int:
        """What its blobs take together."""
        return sum(path.stat().st_size for path in self.folder.rglob("data") if path.is_file())


@contextlib.contextmanager
def running_registry(folder: Path, auth: dict | None = None, *, deletes: bool = True, tls=None):
    """A docker-registry on a free port of loopback, for the length of a `with` block.

    `auth` is as its configuration has it; `tls` are the files of a certificate and its key.
    """
    folder.mkdir(parents=True, exist_ok=True)
    configuration = {
        "version": 0.1,
        "log": {"level": "info", "accesslog": {"disabled": False}},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "storage")},
            "delete": {"enabled": deletes},
        },
        "http": {"addr": "127.0.0.1:0", **({"tls": {"certificate": str(tls[0]), "key": str(tls[1])}} if tls else {})},
        **({"auth": auth} if auth else {}),
    }
    file, log = folder / "config.yml", folder / "registry.log"
    file.write_text(json.dumps(configuration))  # JSON is YAML
    with log.open("wb") as stream:
        child = subprocess.Popen([str(PROGRAM), "serve", str(file)], stdout=stream, stderr=stream, env={})
    try:
        yield RunningRegistry(_address(child, log), folder / "storage", log)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def _address(child: subprocess.Popen, log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        found = re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"the registry did not start:\n{log.read_text()}")


def password_auth(folder: Path) -> dict:
    """The configuration of a registry that wants name and password (`PASSWORDS`)."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "htpasswd"
    file.write_text(_HTPASSWD)
    return {"htpasswd": {"realm": "test", "path": str(file)}}


def change_password(folder: Path) -> None:
    """From now on ann's password is what bob's was; the registry reads the file anew when it has changed."""
    hashed = _HTPASSWD.splitlines()[1].partition(":")[2]
    if (folder / "htpasswd").read_text() == _HTPASSWD:
        (folder / "htpasswd.new").write_text(f"ann:{hashed}\n")
        (folder / "htpasswd.new").replace(folder / "htpasswd")


@dataclass
class TokenService:
    """A token service of the distribution's kind: signs what `rights` allows, and counts what it was asked.

    A user may do what `rights[user]` lists ("pull", "push", "delete"); `spoil_next` makes the next tokens expired.
    """

    folder: Path
    passwords: dict[str, str] = field(default_factory=lambda: dict(PASSWORDS))
    rights: dict[str, set[str]] = field(default_factory=dict)
    spoil_next: int = 0
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.folder / "token.crt"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._der = write_certificate(self._key, self.certificate)

    @property
    def auth(self) -> dict:
        """The configuration of a registry that sends its clients here."""
        words = {"realm": f"http://{self.address}/token", "service": "test-registry", "issuer": "test-issuer"}
        return {"token": {**words, "rootcertbundle": str(self.certificate)}}

    def token(self, user: str, scopes: list[str]) -> str:
        spoiled, self.spoil_next = self.spoil_next > 0, max(0, self.spoil_next - 1)
        now = int(time.time())
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":", 2) if scope.count(":") == 2 else ("", "", "")
            allowed = sorted(set(actions.split(",")) & self.rights.get(user, set()))
            access.append({"type": kind, "name": name, "actions": allowed})
        claims = {"iss": "test-issuer", "sub": user, "aud": "test-registry", "nbf": now - 7200, "iat": now - 7200}
        claims |= {"exp": now - 3600 if spoiled else now + 300, "jti": str(time.monotonic_ns()), "access": access}
        head = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(self._der).decode()]}
        text = ".".join(_url64(json.dumps(part).encode()) for part in (head, claims))
        return f"{text}.{_url64(self._sign(text.encode()))}"

    def _sign(self, text: bytes) -> bytes:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, utils

        r, s = utils.decode_dss_signature(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def answer(self, query: dict[str, list[str]], authorization: str) -> tuple[int, dict]:
        user, _, password = base64.b64decode(authorization.partition(" ")[2]).decode().partition(":")
        self.asked.append(f"{user} {' '.join(query.get('scope', []))}")
        if user and self.passwords.get(user) != password:
            return 401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong name or password"}]}
        scopes = " ".join(query.get("scope", [])).split()
        return 200, {"token": self.token(user, scopes), "expires_in": 300}


def _url64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@contextlib.contextmanager
def token_service(folder: Path):
    """A token service on loopback for the length of a `with` block."""
    service = TokenService(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, words = service.answer(parse_qs(urlsplit(self.path).query), self.headers.get("Authorization", ""))
            self._reply(status, words)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            name = form.get("refresh_token", [""])[0] or form.get("username", [""])[0]
            service.asked.append(f"POST {name}")
            known = name.removeprefix("identity-of-")
            if name == known and self._password(form) != service.passwords.get(name):
                self._reply(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong name or password"}]})
            else:
                token = service.token(known, " ".join(form.get("scope", [])).split())
                self._reply(200, {"access_token": token, "expires_in": 300})

        @staticmethod
        def _password(form: dict[str, list[str]]) -> str:
            return form.get("password", [""])[0]

        def _reply(self, status: int, words: dict) -> None:
            body = json.dumps(words).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http_server(Handler) as address:
        service.address = address
        yield service


@contextlib.contextmanager
def http_server(handler: type[BaseHTTPRequestHandler]):
    """A small HTTP server on loopback for the length of a `with` block; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def write_certificate(key, file: Path, host: str = "localhost") -> bytes:
    """A self-signed certificate for loopback, written as PEM; returns it as DER."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate.public_bytes(serialization.Encoding.DER)


def small_image(registry, repository: str, tag: str, text: str = "a") -> str:
    """Put an image of one tiny layer into a registry (an `OciRegistry`), and return its digest."""
    from modelport.images.registries.oci_registry import OCI_MANIFEST
    from modelport.images.registries.reference import Reference

    layer = f"layer {text}".encode()
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    words = {"schemaVersion": 2, "mediaType": OCI_MANIFEST}
    words["config"] = _descriptor("application/vnd.oci.image.config.v1+json", config)
    words["layers"] = [_descriptor("application/vnd.oci.image.layer.v1.tar", layer)]
    for content in (layer, config):
        registry.put_blob(repository, content)
    reference = Reference("ignored", repository, tag)
    return registry.put_manifest(reference, OCI_MANIFEST, json.dumps(words).encode())[0].digest


def _descriptor(media_type: str, content: bytes) -> dict:
    return {"mediaType": media_type, "digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "size": len(content)}


@dataclass
class Relay:
    """Passes connections on to a registry and counts the bytes that went there; `on_bytes` sees the sum grow."""

    address: str = ""
    sent_bytes: int = 0
    on_bytes: Callable[[int], object] = int


@contextlib.contextmanager
def counting_relay(target: str):
    """A relay on loopback in front of `target`, for the length of a `with` block."""
    relay, lock = Relay(), threading.Lock()
    open_ends: dict[socket.socket, int] = {}
    host, _, port = target.partition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    relay.address = f"127.0.0.1:{listener.getsockname()[1]}"

    def pass_on(source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counts:
                    with lock:
                        relay.sent_bytes += len(data)
                        relay.on_bytes(relay.sent_bytes)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        with lock:
            open_ends[source] -= 1
            open_ends[sink] -= 1
            for ended in [end for end, count in open_ends.items() if not count]:
                del open_ends[ended]
                ended.close()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                server = socket.create_connection((host, int(port)))
                with lock:
                    open_ends.update({client: 2, server: 2})
                for words in ((client, server, True), (server, client, False)):
                    threading.Thread(target=pass_on, args=words, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield relay
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with lock:
            for end in open_ends:
                end.close()


def make_image(scratch, tmp_path: Path, word: str, files: dict[str, bytes], base: str = "") -> str:
    """An image in the engine with these files as its newest layer, upon `base` or nothing; returns its name."""
    name = scratch.name(word)
    folder = tmp_path / f"image-{word}"
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    if base:
        container = scratch.docker("create", "--label", scratch.label, base, "/none")
        scratch.docker("cp", f"{folder}/.", f"{container}:/")
        scratch.docker("commit", "--change", f"LABEL {scratch.label}", container, name)
        return name
    archive = tmp_path / f"{word}.tar"
    subprocess.run(["tar", "-C", folder, "-cf", archive, "."], check=True)
    scratch.docker("import", "--change", f"LABEL {scratch.label}", archive, name)
    return name
