"""Every class of failed build, provoked in a real engine with both its builders: the right code, proof and remedy."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest
from tests.engine import import_image, own_daemon
from tests.environments.conftest import WheelFolder
from tests.images import registry_servers as registries

from modelport.environments.uv import uv_program
from modelport.errors import DeploymentError, EngineError, ModelportError, ResolutionError, StorageError, UserError
from modelport.images.build.builder import BuildRequest, build
from modelport.images.engine_search import find_engine

ZEROS = "0" * 64


@pytest.fixture(params=["buildkit", "classic"])
def own_builder(request, engine):
    """The engine of this machine, with each of its builders."""
    return find_engine({**os.environ, "DOCKER_BUILDKIT": "1" if request.param == "buildkit" else "0"})


@pytest.fixture
def fail(own_builder, scratch, tmp_path):
    """`fail("FROM …", "RUN …")`: builds that, and returns the error."""

    def failing(*lines: str, engine=None) -> ModelportError:
        folder = tmp_path / "context"
        folder.mkdir(exist_ok=True)
        text = "\n".join([lines[0], f"LABEL {scratch.label}", *lines[1:]]) + "\n"
        (folder / "Dockerfile").write_text(text)
        request = BuildRequest(folder, (scratch.name(),))
        with pytest.raises(ModelportError) as caught:
            build(engine or own_builder, request, tmp_path / "log", lambda _: None)
        return caught.value

    return failing


@pytest.fixture
def wheels(tmp_path):
    """An index as a folder in the context: three versions, a package that needs an old one, one that needs a compiler;
    and uv, which is not in the base."""
    context = tmp_path / "context"
    folder = context / "wheels"
    folder.mkdir(parents=True)
    index = WheelFolder(folder)
    for version in ("1.0", "1.1", "2.0"):
        index.add("mp-alpha", version)
    index.add("mp-beta", "1.0", ["mp-alpha<2"])
    native_source(folder / "mp_native-1.0.tar.gz")
    shutil.copy2(uv_program(), context / "uv")
    return index


def native_source(path: Path) -> None:
    """A source distribution with a module in C."""
    setup = "from setuptools import setup, Extension\n"
    setup += "setup(name='mp-native', version='1.0', ext_modules=[Extension('mp_native', ['m.c'])])\n"
    information = "Metadata-Version: 2.1\nName: mp-native\nVersion: 1.0\n"
    files = {"setup.py": setup, "m.c": "#include <Python.h>\n", "PKG-INFO": information}
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"mp_native-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


def environment(base: str) -> tuple[str, ...]:
    return (f"FROM {base}", "RUN python3 -m venv /v", "COPY wheels /wheels", "COPY uv /uv")


PIP = "/v/bin/pip install --disable-pip-version-check --no-index --find-links /wheels"
UV = "VIRTUAL_ENV=/v UV_NO_CACHE=1 /uv pip install --no-index --find-links /wheels"


def test_a_step_that_fails_is_named_by_its_line_with_what_it_printed(fail, base_image):
    lines = ("# why", "RUN true && \\", "    true", "RUN echo before; echo broken >&2; exit 7")
    error = fail(f"FROM {base_image()}", *lines)
    assert (error.code, error.step) == ("build-step-failed", "build"), error
    assert "Dockerfile line 6 (RUN echo before; echo broken >&2; exit 7) ended with exit code 7" in error.message
    assert "| before" in error.message
    assert "| broken" in error.message


def test_a_line_that_is_no_instruction(fail, base_image):
    error = fail(f"FROM {base_image()}", "RNU true")
    assert (type(error), error.code) == (UserError, "dockerfile-invalid")
    assert "Dockerfile line 3 (RNU true)" in error.message


def test_a_system_package_that_does_not_exist(fail, base_image):
    error = fail(f"FROM {base_image()}", "RUN apt-get install -y libnothing-here")
    assert (error.code, error.step) == ("apt-package-missing", "build"), error
    assert "Unable to locate package libnothing-here" in error.message  # its "E: " may stand in a line before
    assert "apt-get update && apt-get install -y libnothing-here" in error.remedy


def test_a_file_that_is_not_in_the_context(fail, base_image):
    error = fail(f"FROM {base_image()}", "COPY weights/model.bin /x/")
    assert (error.code, error.step) == ("build-file-missing", "build"), error
    assert "'weights/model.bin' is not in the build context" in error.message


def test_a_base_in_a_registry_that_does_not_answer(fail):
    error = fail("FROM 127.0.0.1:9/team/base:1")
    assert (error.code, error.step) == ("build-network", "build"), error
    assert "Dockerfile line 1 (FROM 127.0.0.1:9/team/base:1)" in error.message
    assert "connection refused" in error.message


@pytest.fixture
def private_registry(need, tmp_path):
    """A registry on loopback that asks for a password."""
    need("docker-registry", registries.PROGRAM is not None, registries.HOW_TO_GET)
    with registries.running_registry(tmp_path / "reg", registries.password_auth(tmp_path / "auth")) as running:
        yield running


def test_a_base_that_wants_a_login(fail, private_registry, own_builder, tmp_path):
    anonymous = find_engine({**own_builder.environ, "DOCKER_CONFIG": str(tmp_path / "no-login")})
    error = fail(f"FROM {private_registry.address}/team/base:1", engine=anonymous)
    assert (error.code, error.step) == ("base-not-allowed", "build"), error
    assert error.remedy == f"Log in first: docker login {private_registry.address}"


def test_a_base_that_is_not_in_its_registry(fail, private_registry, own_builder, tmp_path):
    environ = {**own_builder.environ, "DOCKER_CONFIG": str(tmp_path / "login")}
    login = [own_builder.program, "login", "-u", "ann", "--password-stdin", private_registry.address]
    subprocess.run(login, input=b"pw-of-ann", env=environ, check=True, capture_output=True)
    error = fail(f"FROM {private_registry.address}/team/base:1", engine=find_engine(environ))
    assert (error.code, error.step) == ("base-not-found", "build"), error
    assert f"'{private_registry.address}/team/base:1' is not in its registry" in error.message


def test_a_base_for_another_processor(fail, own_builder, scratch, tmp_path):
    """A root file system whose only program says in its header that it is for a processor that this machine has not."""
    program = bytearray(Path("/bin/true").resolve().read_bytes())
    program[18:20] = struct.pack("<H", 0x16)  # s390; elf(5), e_machine
    member = tarfile.TarInfo("bin/sh")
    member.size, member.mode = len(program), 0o755
    with tarfile.open(tmp_path / "foreign.tar", "w") as archive:
        archive.addfile(member, io.BytesIO(bytes(program)))
    import_image(own_builder, tmp_path / "foreign.tar", scratch.name("foreign"))
    error = fail(f"FROM {scratch.name('foreign')}", "RUN true")
    assert (error.code, error.step) == ("wrong-architecture", "build"), error
    assert "exec format error" in error.message


@pytest.mark.parametrize("program", [PIP, UV])
def test_a_version_that_does_not_exist(program, fail, base_image, wheels):
    error = fail(*environment(base_image()), f"RUN {program} mp-alpha==9")
    assert (type(error), error.code) == (ResolutionError, "package-version-missing")
    assert "Dockerfile line 6" in error.message
    assert "mp-alpha==9" in error.message


def test_pip_tells_which_versions_exist(fail, base_image, wheels):
    assert "Versions that exist: 1.0, 1.1, 2.0." in fail(*environment(base_image()), f"RUN {PIP} mp-alpha==9").message


@pytest.mark.parametrize("program", [PIP, UV])
def test_a_package_that_does_not_exist(program, fail, base_image, wheels):
    error = fail(*environment(base_image()), f"RUN {program} mp-nothing")
    assert (type(error), error.code) == (ResolutionError, "package-not-found")
    assert "there is no package 'mp-nothing'" in error.message


@pytest.mark.parametrize("program", [PIP, UV])
def test_requirements_that_cannot_hold_together(program, fail, base_image, wheels):
    error = fail(*environment(base_image()), f"RUN {program} mp-beta mp-alpha==2.0")
    assert (type(error), error.code) == (ResolutionError, "requirements-conflict")
    assert "mp-alpha<2" in error.message
    assert "mp-alpha==2.0" in error.message


def test_a_source_that_needs_a_compiler(fail, base_image, wheels):
    error = fail(*environment(base_image()), f"RUN {PIP} --no-build-isolation mp-native")
    assert (type(error), error.code) == (ResolutionError, "compiler-missing")
    assert "'mp-native' has no ready-made wheel" in error.message
    assert "gcc" in error.message


def test_a_source_that_cannot_be_built_for_a_reason_of_its_own(fail, base_image, wheels):
    error = fail(*environment(base_image()), f"RUN {UV} --no-build-isolation mp-native")
    assert error.code in ("package-build-failed", "compiler-missing")  # by whether the base brings the package wheel
    assert "'mp-native'" in error.message


@pytest.mark.parametrize("program", [f"{PIP} --require-hashes -r", f"{UV} --require-hashes -r"])
def test_a_file_with_another_hash(program, fail, base_image, wheels):
    line = f"RUN echo 'mp-alpha==1.0 --hash=sha256:{ZEROS}' > /r && {program} /r"
    error = fail(*environment(base_image()), line)
    assert (type(error), error.code) == (ResolutionError, "hash-mismatch")
    assert ZEROS in error.message


@pytest.mark.parametrize(
    "program",
    [
        "/v/bin/pip install --disable-pip-version-check --retries 1",
        "UV_HTTP_RETRIES=0 VIRTUAL_ENV=/v UV_NO_CACHE=1 /uv pip install",
    ],
)
def test_an_index_that_does_not_answer(program, fail, base_image, wheels, tmp_path):
    address = "http://me:planted-index-word@127.0.0.1:9/simple"
    error = fail(*environment(base_image()), f"RUN {program} --index-url {address} mp-alpha")
    assert (error.code, error.step) == ("build-network", "build"), error
    assert "refused" in error.message
    assert "planted-index-word" not in str(error) + (tmp_path / "log").read_text()


# In the build's own container, because what serves on the machine's loopback is out of a build's reach.
UNTRUSTED = """
import http.server, ssl, subprocess, sys, threading
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/certificate.pem", "/tls/key.pem")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.call([*sys.argv[1:], "--index-url", f"https://localhost:{server.server_port}/simple", "mp-alpha"]))
"""


@pytest.mark.parametrize(
    "program",
    ["/v/bin/pip install --disable-pip-version-check --retries 0", "/uv --no-cache pip install --python /v"],
)
def test_a_certificate_that_nobody_knows(program, fail, base_image, wheels, tmp_path):
    self_signed(tmp_path / "context" / "tls")
    (tmp_path / "context" / "serve.py").write_text(UNTRUSTED)
    lines = ("COPY tls /tls", "COPY serve.py /serve.py", f"RUN python3 /serve.py {program}")
    error = fail(*environment(base_image()), *lines)
    assert (error.code, error.step) == ("build-certificate", "build"), error
    assert "PIP_CERT" in error.remedy


def self_signed(folder: Path) -> None:
    """A key and a certificate for localhost that nobody vouches for."""
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    folder.mkdir()
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


@pytest.fixture
def daemon_for(need):
    """Whether this machine lets a test start a dockerd of its own."""
    able = shutil.which("dockerd") is not None and os.geteuid() == 0
    need("dockerd and the right to start it", able, "apt install docker.io, and run as root")


def tiny_base(folder: Path) -> Path:
    """A root file system of the size of busybox: a shell, what it needs, and dd and sleep."""
    programs = [Path(word).resolve() for word in ("/bin/sh", "/bin/dd", "/bin/sleep")]
    needed = [subprocess.run(["ldd", program], capture_output=True, text=True, check=True) for program in programs]
    libraries = {word for done in needed for word in done.stdout.split() if word.startswith("/")}
    with tarfile.open(folder / "tiny.tar", "w") as archive:
        for name, program in zip(("bin/sh", "bin/dd", "bin/sleep"), programs, strict=True):
            archive.add(program, name)
        for library in sorted(libraries):
            archive.add(os.path.realpath(library), library.lstrip("/"))
    return folder / "tiny.tar"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("builder", ["1", "0"])
def test_a_disk_that_is_full(builder, daemon_for, fail_in, tmp_path):
    with own_daemon(disk_bytes=60_000_000) as daemon:
        engine = find_engine({**daemon.environ, "DOCKER_BUILDKIT": builder})
        import_image(engine, tiny_base(tmp_path), "tiny")
        error = fail_in(engine, "FROM tiny", "RUN dd if=/dev/zero of=/big bs=1000000 count=500")
    assert (type(error), error.code) == (StorageError, "build-disk-full")
    assert "No space left on device" in error.message or "no space left on device" in error.message


@pytest.mark.timeout(240)
@pytest.mark.parametrize("builder", ["1", "0"])
def test_an_engine_that_ends_in_the_middle(builder, daemon_for, fail_in, tmp_path):
    with own_daemon() as daemon:
        engine = find_engine({**daemon.environ, "DOCKER_BUILDKIT": builder})
        import_image(engine, tiny_base(tmp_path), "tiny")
        stopping = threading.Timer(3.0, daemon.stop)
        stopping.start()
        error = fail_in(engine, "FROM tiny", "RUN sleep 60")
        stopping.join()
    assert (type(error), error.code, error.exit_code) == (EngineError, "engine-not-running", 3)


def test_an_engine_that_has_ended_before(daemon_for, fail_in):
    with own_daemon() as daemon:
        engine = daemon.engine
    error = fail_in(engine, "FROM tiny", "RUN true")
    assert (type(error), error.code) == (EngineError, "engine-not-running")


@pytest.fixture
def fail_in(tmp_path):
    """`fail_in(engine, "FROM …")`: builds that with an engine of the test's own, and returns the error."""

    def failing(engine, *lines: str) -> ModelportError:
        folder = tmp_path / "context"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
        with pytest.raises(ModelportError) as caught:
            build(engine, BuildRequest(folder, ("never",)), tmp_path / "log", lambda _: None)
        return caught.value

    return failing


def test_every_error_of_a_build_that_is_no_package_says_its_step(fail, base_image):
    assert isinstance(fail(f"FROM {base_image()}", "RUN exit 3"), DeploymentError)
