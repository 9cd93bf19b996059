"""The gateway in front of real replicas: what it passes on, and that a switch loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.server.conftest import Answer, RunningReplica, StartReplica
from tests.server.gateway_parts import RunningGateway, ScriptedBackend, read_head

from modelport.errors import UserError
from modelport.manifest import Limits, Listen
from modelport.server.gateway_config import Certificate, GatewayConfig, tls_context

StartGateway = Callable[..., RunningGateway]
StartBackend = Callable[[Callable[[socket.socket, int], None]], ScriptedBackend]

HEADERS = """
    from azureml.contrib.services.aml_request import rawhttp
    from azureml.contrib.services.aml_response import AMLResponse
    def init():
        pass
    @rawhttp
    def run(request):
        words = {name.lower(): value for name, value in request.headers.items()}
        words[":method"], words[":target"] = request.method, request.full_path
        return AMLResponse(words, 201, {"x-own": "a, b", "set-cookie": "c=d"}, json_str=True)
"""
DIGEST = """
    import hashlib, json
    from azureml.contrib.services.aml_request import rawhttp
    def init():
        pass
    @rawhttp
    def run(request):
        body = request.get_data()
        return json.dumps([len(body), hashlib.sha256(body).hexdigest()]).encode()
"""
STREAM = """
    import json, time
    closed = False
    def init():
        pass
    def run(raw_data):
        words = json.loads(raw_data)
        if words.get("sleep"):
            time.sleep(words["sleep"])
            return "slept"
        return stream(words["count"], words["size"], words.get("pause", 0), words.get("fail_at", -1))
    def stream(count, size, pause, fail_at):
        try:
            for number in range(count):
                if number == fail_at:
                    raise RuntimeError("broken off")
                yield b"%06d" % number + b"x" * size
                time.sleep(pause)
        except GeneratorExit:
            print("the stream was closed early")
            raise
"""


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[StartGateway]:
    """A function that starts a gateway; all are ended when the test is over."""
    started: list[RunningGateway] = []

    def start(backend: int = 0, **options: object) -> RunningGateway:
        limits = Limits(**{name: options.pop(name) for name in list(options) if name in Limits.__dataclass_fields__})
        address = f"127.0.0.1:{backend}" if backend else ""
        gateway = RunningGateway(tmp_path, GatewayConfig(address, "test", Listen(port=0), limits, **options))
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        gateway.end()


@pytest.fixture
def start_backend() -> Iterator[StartBackend]:
    """A function that starts a scripted backend."""
    started: list[ScriptedBackend] = []

    def start(behave: Callable[[socket.socket, int], None]) -> ScriptedBackend:
        started.append(ScriptedBackend(behave))
        return started[-1]

    yield start
    for backend in started:
        backend.close()


# -- what is passed on -----------------------------------------------------------------------------------------------


def test_an_answer_is_the_same_as_without_it(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    replica = start_replica()
    gateway = start_gateway(replica.port)
    headers = {"content_type": "application/json", "x_request_id": "mine", "x_ms_client_request_id": "theirs"}
    direct = replica.ask("POST", "/score", b'{"a": [1]}', **headers)
    through = gateway.ask("POST", "/score", b'{"a": [1]}', **headers)
    assert (through.status, through.body) == (direct.status, direct.body)
    assert through.headers.keys() == direct.headers.keys()
    assert (through.headers["x-request-id"], through.headers["x-ms-client-request-id"]) == ("mine", "theirs")


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz?verbose", "/metrics", "/swagger.json?version=3", "/unknown"])
def test_every_path_is_passed_on(path: str, start_replica: StartReplica, start_gateway: StartGateway) -> None:
    replica = start_replica()
    gateway = start_gateway(replica.port)
    assert gateway.ask("GET", path).status == replica.ask("GET", path).status


def test_head_has_no_body_and_the_connection_goes_on(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica().port)
    head = b"HEAD /livez HTTP/1.1\r\nhost: x\r\n\r\n"
    received = gateway.raw(head + b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    first, second = received.split(b"\r\n\r\n", 1)
    assert b"content-length:" in first
    assert second.startswith(b"HTTP/1.1 200 OK\r\n")


def test_tells_who_asked_and_keeps_the_rest(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica(HEADERS).port)
    connection = {"connection": "keep-alive, x-once", "x_once": "1", "te": "trailers", "keep_alive": "timeout=5"}
    answer = gateway.ask("GET", "/score?a=%20b", **connection, x_forwarded_for="203.0.113.9", x_kept="yes")
    words = answer.json
    assert answer.status == 201
    assert (words[":method"], words[":target"]) == ("GET", "/score?a=%20b")
    assert words["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert (words["x-forwarded-proto"], words["x-kept"]) == ("http", "yes")
    assert not {"x-once", "te", "keep-alive"} & words.keys()
    assert words["x-request-id"] == answer.headers["x-request-id"]
    assert words["host"] == f"127.0.0.1:{gateway.port}"


@pytest.mark.parametrize("chunked", [False, True])
def test_large_bodies_go_up_whole_and_are_not_kept(
    chunked: bool, start_replica: StartReplica, start_gateway: StartGateway
) -> None:
    replica = start_replica(DIGEST, scoring_timeout_ms=60_000)
    gateway = start_gateway(replica.port)
    gateway.ask("POST", "/score", b"x", content_type="application/octet-stream")
    before = gateway.memory_bytes()
    pieces = [bytes([number % 251]) * 1_000_000 for number in range(60)]
    length = {} if chunked else {"content_length": str(60_000_000)}
    body = iter(pieces)
    answer = gateway.ask("POST", "/score", body, content_type="application/octet-stream", **length)
    assert json.loads(answer.body) == [60_000_000, hashlib.sha256(b"".join(pieces)).hexdigest()]
    assert gateway.memory_bytes() - before < 20_000_000


def test_large_answers_come_whole_and_wait_for_a_slow_reader(
    start_replica: StartReplica, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(start_replica(STREAM, scoring_timeout_ms=60_000).port)
    before = gateway.memory_bytes()
    body = json.dumps({"count": 600, "size": 99_994}).encode()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as client:
        client.sendall(b"POST /score HTTP/1.0\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        time.sleep(1)
        received = hashlib.sha256()
        count = 0
        while part := client.recv(1 << 20):
            received.update(part)
            count += len(part)
    assert count > 60_000_000
    assert gateway.memory_bytes() - before < 20_000_000


def test_a_stream_comes_piece_by_piece(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica(STREAM).port)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    connection.request("POST", "/score", json.dumps({"count": 3, "size": 1, "pause": 0.5}), {})
    response = connection.getresponse()
    moments = []
    for number in range(3):
        assert response.read(7) == b"%06dx" % number
        moments.append(time.monotonic())
    assert response.read() == b""
    assert moments[2] - moments[0] > 0.5
    connection.close()


def test_a_stream_that_breaks_off_is_broken_off(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica(STREAM).port)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        gateway.ask("POST", "/score", json.dumps({"count": 3, "size": 10, "pause": 0.05, "fail_at": 2}))


def test_a_client_that_leaves_ends_the_stream_behind(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    replica = start_replica(STREAM)
    gateway = start_gateway(replica.port)
    body = json.dumps({"count": 10_000, "size": 10, "pause": 0.01}).encode()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as client:
        client.sendall(b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    gateway.wait_for(lambda: "the stream was closed early" in replica.log())
    gateway.wait_for(lambda: gateway.status()["in_flight"] == 0)


def test_pipelined_requests_are_answered_in_order(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica(workers=2, max_request_wait_time_ms=20_000).port)
    request = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s\r\n%d"
    requests = [request % (len(str(n)), b"", n) for n in range(200)]
    requests[-1] = requests[-1].replace(b"host: x", b"host: x\r\nconnection: close")
    received = gateway.raw(b"".join(requests), timeout=30)
    bodies = [part.partition(b"HTTP/1.1 ")[0] for part in received.split(b"\r\n\r\n")[1:]]
    assert bodies == [b"%d" % n for n in range(200)]


def test_asks_for_a_body_that_waits_to_be_asked_for(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica().port)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as client:
        head = b"POST /score HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 1\r\n"
        client.sendall(head + b"connection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"7")
        assert client.recv(65536).endswith(b"\r\n\r\n7")


def test_an_answer_that_comes_before_the_body_is_told(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica(auth_enabled=True).port)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as client:
        client.sendall(b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 5000000\r\n\r\n" + b"x" * 100_000)
        received = client.recv(65536)
    assert received.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in received


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nhost: x\r\n\r\n", 411),
        (b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost:", 408),
        (b"POST /score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1]\r\nzz\r\n", 400),
        (b"POST /score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ],
)
def test_malformed_requests_go_no_further(
    data: bytes, status: int, start_replica: StartReplica, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(start_replica().port, header_timeout_seconds=1.0)
    received = gateway.raw(data)
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in received
    assert gateway.status()["in_flight"] == 0


def test_a_chunked_body_over_the_limit_is_broken_off(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(start_replica().port, max_body_bytes=1_000_000)
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    received = gateway.raw(b"POST /score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + chunk * 20)
    assert received.startswith(b"HTTP/1.1 413 ")
    gateway.wait_for(lambda: gateway.status()["in_flight"] == 0)


# -- what is behind has trouble --------------------------------------------------------------------------------------


def test_says_when_nothing_is_behind_yet(start_gateway: StartGateway) -> None:
    answer = start_gateway().ask("POST", "/score", b"1")
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "not-ready", "1")


def test_says_when_the_backend_cannot_be_reached(start_gateway: StartGateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = int(closed.getsockname()[1])
    answer = start_gateway(port).ask("POST", "/score", b"1")
    assert (answer.status, answer.json["code"]) == (502, "backend-unreachable")
    assert f"127.0.0.1:{port}" in answer.json["detail"]


@pytest.mark.parametrize(
    "behaviour",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000,
        b"HTTP/1.1 101 Go\r\nupgrade: x\r\n\r\n",
    ],
    ids=["closes", "rubbish", "endless head", "other protocol"],
)
def test_a_backend_that_does_not_answer_is_a_problem(
    behaviour: bytes, start_gateway: StartGateway, start_backend: StartBackend
) -> None:
    def behave(connection: socket.socket, _: int) -> None:
        read_head(connection)
        connection.sendall(behaviour)

    gateway = start_gateway(start_backend(behave).port)
    answer = gateway.ask("POST", "/score", b"1")
    assert (answer.status, answer.json["code"]) == (502, "backend-unreachable")
    assert gateway.status()["in_flight"] == 0


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"until the end"),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n", b"whole"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n0\r\nx: y\r\n\r\n",
            b"",
        ),
    ],
)
def test_every_way_to_end_an_answer_is_understood(
    head: bytes, body: bytes, start_gateway: StartGateway, start_backend: StartBackend
) -> None:
    def behave(connection: socket.socket, _: int) -> None:
        read_head(connection)
        connection.sendall(head + body)

    answer = start_gateway(start_backend(behave).port).ask("POST", "/score", b"1")
    assert (answer.status, answer.body) == (200, body or b"abc")


def test_an_answer_that_is_cut_off_is_not_taken_for_a_whole_one(
    start_gateway: StartGateway, start_backend: StartBackend
) -> None:
    def behave(connection: socket.socket, _: int) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")

    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        start_gateway(start_backend(behave).port).ask("POST", "/score", b"1")


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 502)])
def test_only_what_cannot_have_been_run_is_sent_again(
    method: str, status: int, start_gateway: StartGateway, start_backend: StartBackend
) -> None:
    def behave(connection: socket.socket, number: int) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        if number == 1:  # the next request on this connection meets a closed door
            read_head(connection)

    backend = start_backend(behave)
    gateway = start_gateway(backend.port)
    assert gateway.ask("GET", "/livez").status == 200
    body = b"1" if method == "POST" else None
    assert gateway.ask(method, "/score", body).status == status
    assert backend.accepted == (2 if method == "GET" else 1)


# -- switching -------------------------------------------------------------------------------------------------------


NAMED = """
    import json, time
    def init():
        pass
    def run(raw_data):
        words = json.loads(raw_data)
        time.sleep(words.get("sleep", 0))
        return "{name}"
"""


def named(start_replica: StartReplica, name: str) -> RunningReplica:
    return start_replica(NAMED.replace("{name}", name), workers=2, max_request_wait_time_ms=20_000)


def test_what_is_in_flight_ends_at_the_old_backend(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    old, new = named(start_replica, "old"), named(start_replica, "new")
    gateway = start_gateway(old.port)
    answers: list[str] = []
    slow = threading.Thread(target=lambda: answers.append(gateway.ask("POST", "/score", b'{"sleep": 1.5}').json))
    slow.start()
    gateway.wait_for(lambda: gateway.status()["in_flight"] == 1)
    at_once = gateway.switch(new.port)
    assert (at_once["drained"], at_once["leaving"][0]["in_flight"]) == (False, 1)
    assert gateway.ask("POST", "/score", b"{}").json == "new"
    slow.join()
    assert answers == ["old"]
    assert gateway.status()["leaving"] == []


def test_a_switch_that_waits_tells_when_the_old_one_is_drained(
    start_replica: StartReplica, start_gateway: StartGateway
) -> None:
    old, new = named(start_replica, "old"), named(start_replica, "new")
    gateway = start_gateway(old.port)
    slow = threading.Thread(target=lambda: gateway.ask("POST", "/score", b'{"sleep": 0.5}'))
    slow.start()
    gateway.wait_for(lambda: gateway.status()["in_flight"] == 1)
    assert gateway.switch(new.port, wait_seconds=30)["drained"]
    slow.join()


def test_idle_connections_to_the_old_backend_are_closed(
    start_replica: StartReplica, start_gateway: StartGateway
) -> None:
    old, new = named(start_replica, "old"), named(start_replica, "new")
    gateway = start_gateway(old.port)
    gateway.ask("POST", "/score", b"{}")
    assert gateway.switch(new.port, wait_seconds=5)["drained"]
    gateway.wait_for(lambda: _alone(old))


def _alone(replica: RunningReplica) -> bool:
    """Whether nobody but who asks is connected."""
    lines = replica.ask("GET", "/metrics").body.decode().splitlines()
    return next(line for line in lines if "connections" in line and not line.startswith("#")).endswith(" 1.0")


def test_nothing_is_lost_while_switching_twenty_times(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    replicas = [named(start_replica, "a"), named(start_replica, "b")]
    gateway = start_gateway(replicas[0].port)
    seen = asyncio.run(_ask_while_switching(gateway, [replica.port for replica in replicas], switches=20))
    assert set(seen) == {(200, '"a"'), (200, '"b"')}
    assert sum(seen.values()) > 200
    assert set(gateway.status()["answers"]) == {"200"}


async def _ask_while_switching(
    gateway: RunningGateway, ports: list[int], switches: int
) -> dict[tuple[int, str], int]:
    seen: dict[tuple[int, str], int] = {}
    over = asyncio.Event()
    body = b'{"sleep": 0.002}'
    request = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    async def client(keep: bool) -> None:
        while not over.is_set():
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            for _ in range(50 if keep else 1):
                writer.write(request)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                text = (await reader.readexactly(3)).decode()
                key = (int(head.split()[1]), text)
                seen[key] = seen.get(key, 0) + 1
                await asyncio.sleep(0.01)
                if over.is_set():
                    break
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    clients = [asyncio.create_task(client(keep)) for keep in (True, True, True, False)]
    for number in range(switches):
        await asyncio.sleep(0.1)
        answer = await asyncio.to_thread(gateway.switch, ports[(number + 1) % 2], 20)
        assert answer["drained"]
    over.set()
    await asyncio.gather(*clients)
    return seen


def test_the_configuration_can_be_read_anew(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    old, new = named(start_replica, "old"), named(start_replica, "new")
    gateway = start_gateway(old.port)
    words = json.loads(gateway.config_file.read_text())
    gateway.config_file.write_text(json.dumps({**words, "backend": f"127.0.0.1:{new.port}"}))
    assert gateway.control(command="apply", wait_seconds=5)["ok"]["drained"]
    assert gateway.ask("POST", "/score", b"{}").json == "new"


@pytest.mark.parametrize("backend", ["nowhere", "x:0", ":5", "x:99999"])
def test_a_backend_that_is_none_changes_nothing(
    backend: str, start_replica: StartReplica, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(named(start_replica, "old").port)
    assert gateway.control(command="switch", backend=backend)["error"]["code"] == "backend-invalid"
    assert gateway.ask("POST", "/score", b"{}").json == "old"


# -- TLS -------------------------------------------------------------------------------------------------------------


def make_certificate(folder: Path, name: str = "localhost") -> Certificate:
    """A certificate that signs itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    files = Certificate(str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
    Path(files.certificate_file).write_bytes(certificate.public_bytes(Encoding.PEM))
    Path(files.key_file).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def ask_encrypted(gateway: RunningGateway, certificate: Certificate, body: bytes, name: str = "localhost") -> Answer:
    context = ssl.create_default_context(cafile=certificate.certificate_file)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as plain:
        connection = http.client.HTTPSConnection(name, gateway.port, context=context)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        connection.request("POST", "/score", body, {"content-type": "application/octet-stream"})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer


def test_speaks_tls_and_says_so_to_the_backend(
    start_replica: StartReplica, start_gateway: StartGateway, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    gateway = start_gateway(start_replica(HEADERS).port, tls=certificate)
    assert ask_encrypted(gateway, certificate, b"x").json["x-forwarded-proto"] == "https"
    health = [sys.executable, "-I", "-m", "modelport.server.health", "--runtime", str(gateway.runtime)]
    assert subprocess.run(health, capture_output=True).stdout == b"HTTP/1.1 200 OK\n"


def test_large_bodies_go_up_whole_by_tls(
    start_replica: StartReplica, start_gateway: StartGateway, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    gateway = start_gateway(start_replica(DIGEST, scoring_timeout_ms=60_000).port, tls=certificate)
    body = bytes(range(250)) * 40_000
    answer = ask_encrypted(gateway, certificate, body)
    assert json.loads(answer.body) == [len(body), hashlib.sha256(body).hexdigest()]


def test_a_new_certificate_is_used_without_a_restart(
    start_replica: StartReplica, start_gateway: StartGateway, tmp_path: Path
) -> None:
    old, new = make_certificate(tmp_path), make_certificate(tmp_path, "other.example")
    gateway = start_gateway(start_replica().port, tls=old)
    words = json.loads(gateway.config_file.read_text())
    gateway.config_file.write_text(json.dumps({**words, "tls": new.__dict__}))
    assert "ok" in gateway.control(command="apply")
    assert ask_encrypted(gateway, new, b"1", "other.example").json == 1


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    other = make_certificate(tmp_path, "other.example")
    with pytest.raises(UserError, match="certificate-unusable"):
        tls_context(Certificate(files.certificate_file, other.key_file))
    with pytest.raises(UserError, match="certificate-unusable"):
        tls_context(Certificate(str(tmp_path / "none.pem"), files.key_file))


# -- its end ---------------------------------------------------------------------------------------------------------


def test_ends_when_what_is_in_flight_is_answered(start_replica: StartReplica, start_gateway: StartGateway) -> None:
    gateway = start_gateway(named(start_replica, "old").port)
    answers: list[str] = []
    slow = threading.Thread(target=lambda: answers.append(gateway.ask("POST", "/score", b'{"sleep": 1}').json))
    slow.start()
    gateway.wait_for(lambda: gateway.status()["in_flight"] == 1)
    assert gateway.end() == 0
    slow.join()
    assert answers == ["old"]
