"""What a build does in a real engine: streams, keeps its log, is not done twice, ends with Ctrl-C, keeps no secret."""

from __future__ import annotations

import io
import os
import signal
import stat
import sys
import tarfile
import time
from pathlib import Path

import pytest
from tests.engine import Program, build_cache, wait_for

from modelport.errors import UserError
from modelport.images.build.builder import BuildRequest, build
from modelport.images.build.pulling import pull
from modelport.images.engine import CONTEXT_DIGEST_LABEL
from modelport.images.engine_search import find_engine
from modelport.images.recipe.context import ContextFile, write_context

BUILDERS = ["buildkit", "classic"]
PLANTED_INDEX, PLANTED_CA, PLANTED_PROXY = "planted-index-word", "PLANTEDAUTHORITY", "planted-proxy-word"


@pytest.fixture
def builder_of(engine):
    """`builder_of("classic")`: the engine of this machine, with that builder."""

    def of(builder: str):
        switched = {**os.environ, "DOCKER_BUILDKIT": "0"} if builder == "classic" else os.environ
        return find_engine(switched)

    return of


@pytest.fixture
def context(tmp_path, base_image, scratch):
    """`context("RUN true")`: a folder with a Dockerfile on the base image, its layers labelled for removal."""

    def made(*instructions: str, python: str = "3.11") -> Path:
        folder = tmp_path / "context"
        folder.mkdir(exist_ok=True)
        lines = [f"FROM {base_image(python)}", f"LABEL {scratch.label}", *instructions]
        (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
        return folder

    return made


def quiet(progress) -> None:
    """Nobody looks at the progress."""


@pytest.mark.parametrize("builder", BUILDERS)
def test_an_image_is_built_with_its_tags_and_labels(builder, builder_of, context, scratch, tmp_path):
    request = BuildRequest(context("RUN echo made"), (scratch.name("a"), scratch.name("b")), {"color": "blue"})
    built = build(builder_of(builder), request, tmp_path / "log", quiet)
    assert set(built.facts.tags) == {scratch.name("a"), scratch.name("b")}
    assert built.facts.labels["color"] == "blue"
    assert not built.reused
    assert built.image_id.startswith("sha256:")


def test_what_is_built_again_leaves_its_files_in_the_builder_once(builder_of, base_image, scratch, tmp_path):
    """A copy for each build would fill the disk with models that did not change."""
    engine, size_bytes = builder_of("buildkit"), 3_000_000 + int(scratch.key[:4], 16)
    for version in ("1", "2", "3"):
        folder = tmp_path / version / scratch.key
        write_context(folder, f"FROM {base_image('3.11')}\nLABEL {scratch.label}\nCOPY . /given\n", [
            ContextFile("model", b"x" * size_bytes), ContextFile("version", version.encode())
        ])  # fmt: skip
        request = BuildRequest(folder, (scratch.name(version),))
        build(engine, request, tmp_path / "log", quiet)
        assert scratch.docker("run", "--rm", scratch.name(version), "cat", "/given/version") == version
    kept = [each for each in build_cache() if size_bytes <= each["Size"] < size_bytes + 1000]
    assert [each["UsageCount"] for each in kept if each["Type"] == "source.local"] == [3]


@pytest.mark.parametrize("builder", BUILDERS)
def test_progress_tells_step_name_and_total(builder, builder_of, context, scratch, tmp_path):
    seen = []
    request = BuildRequest(context(f"RUN echo one of {scratch.key}", "RUN echo two"), (scratch.name(),))
    build(builder_of(builder), request, tmp_path / "log", seen.append)
    steps = [each for each in seen if each.kind == "step" and each.name.startswith("RUN")]
    assert [each.name for each in steps] == [f"RUN echo one of {scratch.key}", "RUN echo two"]
    assert all(each.total >= each.step > 0 for each in steps)
    assert f"one of {scratch.key}" in [each.text for each in seen if each.kind == "output"]


def test_lines_come_while_the_build_runs(engine, context, scratch, tmp_path):
    times = {}
    request = BuildRequest(context(f"RUN echo first {scratch.key}; sleep 1.5; echo second"), (scratch.name(),))
    build(engine, request, tmp_path / "log", lambda each: times.setdefault(each.text, time.monotonic()))
    assert times["second"] - times[f"first {scratch.key}"] > 1


@pytest.mark.parametrize("builder", BUILDERS)
def test_the_whole_log_is_kept_and_only_its_owner_may_read_it(builder, builder_of, context, scratch, tmp_path):
    log = tmp_path / "logs" / "build.log"
    build(builder_of(builder), BuildRequest(context(f"RUN echo {scratch.key}-said"), (scratch.name(),)), log, quiet)
    assert f"{scratch.key}-said" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_an_image_of_the_same_context_is_not_built_again(engine, context, scratch, tmp_path):
    labels = {CONTEXT_DIGEST_LABEL: f"sha256:{scratch.key}"}
    folder = context("RUN echo once")
    first = build(engine, BuildRequest(folder, (scratch.name("a"),), labels), tmp_path / "log", quiet)
    second = build(engine, BuildRequest(folder, (scratch.name("b"),), labels), tmp_path / "log", quiet)
    assert (second.image_id, second.reused) == (first.image_id, True)
    assert scratch.docker("image", "inspect", "--format", "{{.Id}}", scratch.name("b")) == first.image_id
    assert "not built again" in (tmp_path / "log").read_text()


def test_without_the_cache_it_is_built_again(engine, context, scratch, tmp_path):
    labels = {CONTEXT_DIGEST_LABEL: f"sha256:{scratch.key}"}
    folder = context("RUN date +%N > /made")
    first = build(engine, BuildRequest(folder, (scratch.name("a"),), labels), tmp_path / "log", quiet)
    request = BuildRequest(folder, (scratch.name("b"),), labels, no_cache=True)
    second = build(engine, request, tmp_path / "log", quiet)
    assert second.image_id != first.image_id


def test_a_stage_can_be_built_alone(engine, context, scratch, tmp_path):
    folder = context("RUN echo one > /stage", "FROM scratch AS last", "COPY --from=0 /stage /stage")
    text = (folder / "Dockerfile").read_text().replace("3.11\n", "3.11 AS first\n", 1)
    (folder / "Dockerfile").write_text(text)
    built = build(engine, BuildRequest(folder, (scratch.name(),), target="first"), tmp_path / "log", quiet)
    assert len(built.facts.layers) == 2


def test_secrets_need_buildkit(builder_of, context, scratch, tmp_path):
    (tmp_path / "secret").write_text("x")
    request = BuildRequest(context(), (scratch.name(),), secrets={"index": tmp_path / "secret"})
    with pytest.raises(UserError) as caught:
        build(builder_of("classic"), request, tmp_path / "log", quiet)
    assert caught.value.code == "buildkit-needed"


def test_a_name_that_the_engine_refuses(engine, context, scratch, tmp_path):
    labels = {CONTEXT_DIGEST_LABEL: f"sha256:{scratch.key}"}
    build(engine, BuildRequest(context("RUN echo x"), (scratch.name(),), labels), tmp_path / "log", quiet)
    with pytest.raises(UserError) as caught:
        build(engine, BuildRequest(context("RUN echo x"), ("Not A Name",), labels), tmp_path / "log", quiet)
    assert caught.value.code == "image-tag-refused"


INTERRUPTED = """
import os, sys
from pathlib import Path
from modelport.images.build.builder import BuildRequest, build
from modelport.images.engine_search import find_engine
build(find_engine(os.environ), BuildRequest(Path(sys.argv[1]), (sys.argv[2],)), Path(sys.argv[3]), print)
"""


def processes(mark: str) -> list[int]:
    """The processes of this machine whose words hold `mark`, those in containers included."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if mark in words:
            found.append(int(entry.name))
    return found


@pytest.mark.parametrize("builder", BUILDERS)
def test_ctrl_c_ends_the_build_and_what_it_had_started(builder, engine, context, scratch, tmp_path):
    number = 10_000 + int(scratch.key[:6], 16)  # a `sleep` that no other test has
    folder = context(f"RUN sleep {number}")
    environ = {**os.environ, "DOCKER_BUILDKIT": "0" if builder == "classic" else "1", "PYTHONPATH": "src"}
    words = [sys.executable, "-c", INTERRUPTED, folder, scratch.name(), tmp_path / "log"]
    program = Program(words, tmp_path / "output", environ)
    try:
        wait_for(lambda: processes(f"sleep\0{number}"), "the step of the build")
        program.child.send_signal(signal.SIGINT)
        program.child.wait(30)
        wait_for(lambda: not processes(f"sleep\0{number}"), "the end of the step in the engine")
        wait_for(lambda: not processes(str(folder)), "the end of the client")
    finally:
        program.stop()
    assert "KeyboardInterrupt" in (tmp_path / "output").read_text()


def everything_in(image: bytes) -> bytes:
    """All bytes of a saved image: its configuration, its history, and the files of its layers."""
    words = []
    with tarfile.open(fileobj=io.BytesIO(image)) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            words.append(content.read() if content else b"")
    return b"\n".join(words)


def test_no_secret_stays_in_log_progress_history_or_layers(engine, context, scratch, tmp_path):
    index, authority = tmp_path / "index", tmp_path / "ca"
    index.write_text(f"UV_INDEX=https://me:{PLANTED_INDEX}@index.example/simple\n")
    authority.write_text(f"-----BEGIN CERTIFICATE-----\n{PLANTED_CA}\n-----END CERTIFICATE-----\n")
    proxy = f"http://me:{PLANTED_PROXY}@proxy.example:3128"
    mounts = "--mount=type=secret,id=index --mount=type=secret,id=ca"
    folder = context(
        f"RUN {mounts} cat /run/secrets/index; grep -c PLANTED /run/secrets/ca; echo $HTTPS_PROXY {scratch.key}"
    )
    request = BuildRequest(
        folder,
        (scratch.name(),),
        secrets={"index": index, "ca": authority},
        build_args={"HTTPS_PROXY": proxy, "https_proxy": proxy},
    )
    seen = []
    build(engine, request, tmp_path / "log", seen.append)
    log = (tmp_path / "log").read_text()
    assert "https://***@index.example/simple" in log  # the secrets did reach the step
    assert f"http://***@proxy.example:3128 {scratch.key}" in log
    scratch.docker("image", "save", "--output", tmp_path / "image.tar", scratch.name())
    history = scratch.docker("image", "history", "--no-trunc", scratch.name())
    places = {
        "log": log,
        "progress": "\n".join(map(str, seen)),
        "history": history,
        "layers": everything_in((tmp_path / "image.tar").read_bytes()).decode("latin-1"),
    }
    for where, text in places.items():
        for secret in (PLANTED_INDEX, PLANTED_CA, PLANTED_PROXY):
            assert secret not in text, f"{secret} in {where}"


def test_a_password_is_no_word_of_the_client(engine, context, scratch, tmp_path):
    from modelport.images.build.builder import build_words

    request = BuildRequest(context(), (scratch.name(),), build_args={"HTTPS_PROXY": f"http://me:{PLANTED_PROXY}@p"})
    assert PLANTED_PROXY not in " ".join(build_words(engine, request, tmp_path / "id"))


def test_a_request_does_not_show_its_build_arguments():
    assert PLANTED_PROXY not in repr(BuildRequest(Path(), (), build_args={"HTTPS_PROXY": PLANTED_PROXY}))


def test_a_base_that_is_nowhere_cannot_be_pulled(engine):
    from modelport.errors import DeploymentError

    with pytest.raises(DeploymentError) as caught:
        pull(engine, "127.0.0.1:9/team/none:1", quiet)
    assert caught.value.code == "build-network"
