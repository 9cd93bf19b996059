"""Runs one build with the engine of this machine: streams it, keeps its log, ends it with the one who asked for it."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from modelport import process
from modelport.engine_errors import unreachable_engine
from modelport.errors import UserError
from modelport.images.build.dockerfile_steps import instructions
from modelport.images.build.errors import build_error
from modelport.images.build.evidence import BuildFacts
from modelport.images.build.log import BuildLog, Progress
from modelport.images.build.masking import Masker, passwords_in
from modelport.images.engine import CONTEXT_DIGEST_LABEL, Engine, ImageFacts, find_built, image_facts

BUILD_TIMEOUT_SECONDS: Final = 6 * 3600.0
"""Torch compiled from its source takes hours; a build that takes longer hangs."""
_ENDING = r"(?:code: |code |status )137\b|did not provide an image ID"
_ENDING_SECONDS, _ENDING_CHARACTERS = 3.0, 2000
"""How long an engine that has killed its containers may still answer; how much of the end of a log may tell of it."""
_SECRET_FILE_BYTES = 1_000_000

Report = Callable[[Progress], None]
"""Sees what happens: `str(progress)` is a plain line; its parts (step, total, seconds) feed a bar."""


@dataclass(frozen=True)
class BuildRequest:
    """What to build: a folder with a Dockerfile, and what the image is to be called.

    BuildKit keeps the files of one folder of each name: a build from another folder of this name sends what differs
    (by size and time, so that the times must tell contents apart), one of another name sends and keeps all of it.
    `secrets` maps the ids of the Dockerfile's secret mounts to files and needs BuildKit or buildah; `build_args` may
    hold proxies with passwords: their values go through the environment of the client, never through its arguments.
    """

    context: Path
    tags: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    secrets: Mapping[str, Path] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict, repr=False)
    target: str = ""
    no_cache: bool = False


@dataclass(frozen=True)
class BuiltImage:
    """An image that is there now; `reused` tells that one with the same context digest was there already."""

    image_id: str
    size_bytes: int
    seconds: float
    reused: bool
    facts: ImageFacts


def build(engine: Engine, request: BuildRequest, log_file: Path, report: Report) -> BuiltImage:
    """Build an image, or tag the one that was built from the same context before; the log is kept in `log_file` (0600).

    An image is the same if its label `dev.modelport.context-digest` and its platform are. Raises `UserError`
    (`buildkit-needed`), `EngineError`, and what `build_errors` makes of a build that fails. Ctrl-C ends the build.
    """
    started = time.monotonic()
    if request.secrets and engine.builder == "classic":
        raise _buildkit_needed(engine, request)
    mask = _masker(request)
    with _private_file(log_file) as log:
        note = _Noting(log, mask, report)
        found = _built_before(engine, request)
        if found:
            note(Progress("note", text=f"The image {found.id} was built from the same context: not built again."))
        facts = found or _build(engine, request, note, log_file)
        for tag in request.tags if found else ():
            _tag(engine, facts.id, tag)
        seconds = time.monotonic() - started
        note(Progress("note", text=f"{'Reused' if found else 'Built'} {facts.id} in {seconds:.1f} s."))
    return BuiltImage(facts.id, facts.size_bytes, seconds, found is not None, facts)


def _built_before(engine: Engine, request: BuildRequest) -> ImageFacts | None:
    digest = request.labels.get(CONTEXT_DIGEST_LABEL, "")
    return find_built(engine, digest, request.platform) if digest and not request.no_cache else None


def _tag(engine: Engine, image_id: str, tag: str) -> None:
    done = engine.run(["tag", image_id, tag])
    if done.exit_code:
        raise UserError(
            "image-tag-refused",
            f"The image {image_id} cannot be called '{tag}': {done.stderr.strip() or 'the engine refused'}.",
            "Choose a name of lower case letters, digits and . _ - / with a tag behind a colon: team/model:1.",
        )


def _buildkit_needed(engine: Engine, request: BuildRequest) -> UserError:
    named = ", ".join(sorted(request.secrets))
    return UserError(
        "buildkit-needed",
        f"This build has secrets ({named}), and the {engine.kind} client {engine.program} builds without BuildKit: "
        "with the classic builder they would be kept in the image.",
        "Install docker's buildx plugin (apt install docker-buildx), unset DOCKER_BUILDKIT=0, or use podman.",
    )


def _masker(request: BuildRequest) -> Masker:
    files = [file for file in request.secrets.values() if file.stat().st_size <= _SECRET_FILE_BYTES]
    read = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    texts = [*request.build_args.values(), *read]
    return Masker(word for text in texts for word in passwords_in(text))


def _private_file(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.fchmod(descriptor, 0o600)  # the file may have been there, with other rights
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", buffering=1)


class _Noting:
    """Writes lines to the log and passes on what they say; nothing goes by that was not masked."""

    def __init__(self, log: IO[str], mask: Masker, report: Report) -> None:
        self._log, self.mask, self._report = log, mask, report

    def __call__(self, progress: Progress) -> None:
        self._log.write(f"{progress}\n")
        self._report(progress)

    def feed(self, into: BuildLog, line: str) -> None:
        """Take one line of the builder."""
        masked = self.mask(line)
        self._log.write(f"{masked}\n")
        progress = into.feed(masked)
        if progress:
            self._report(progress)


def _build(engine: Engine, request: BuildRequest, note: _Noting, log_file: Path) -> ImageFacts:
    dockerfile = (request.context / "Dockerfile").read_text(encoding="utf-8", errors="replace")
    log = BuildLog(instructions(dockerfile))
    note(Progress("note", text=f"Building with {engine.kind} {engine.version} ({engine.builder}) for "
                  f"{request.platform or engine.platform}."))
    with tempfile.TemporaryDirectory(prefix="modelport-build-") as folder:
        id_file = Path(folder) / "image-id"
        words = [str(engine.program), *build_words(engine, request, id_file)]
        done = process.follow(
            words,
            lambda line: note.feed(log, line),
            environ={**engine.environ, **_environ(engine), **request.build_args},
            timeout_seconds=BUILD_TIMEOUT_SECONDS,
            directory=request.context.parent,
        )
        log.end(done.exit_code)
        if done.exit_code:
            _see_that_it_answers(engine, done.stdout)
            # The Dockerfile is quoted in errors, and its author may have written a password into it.
            quoted = note.mask(dockerfile)
            raise build_error(log, BuildFacts(engine, quoted, request.platform, done.exit_code, log_file))
        return _facts_of_built(engine, id_file.read_text().strip(), request)


def _see_that_it_answers(engine: Engine, printed: str) -> None:
    """After a failure: an engine that ends kills its steps first, so that they look like the ones that failed.

    Raises `EngineError`.
    """
    ending = re.search(_ENDING, printed[-_ENDING_CHARACTERS:]) is not None
    deadline = time.monotonic() + (_ENDING_SECONDS if ending else 0.0)
    while True:
        asked = engine.run(["version"])
        if asked.exit_code:
            raise unreachable_engine(engine.kind, engine.address, asked.stderr or asked.stdout)
        if time.monotonic() >= deadline:
            return
        time.sleep(0.25)


def _facts_of_built(engine: Engine, image_id: str, request: BuildRequest) -> ImageFacts:
    for reference in (image_id, *request.tags):
        facts = image_facts(engine, reference)
        if facts:
            return facts
    raise unreachable_engine(engine.kind, engine.address, f"the image {image_id} was built and is not there")


def _environ(engine: Engine) -> dict[str, str]:
    if engine.kind != "docker":
        return {}
    # The attestations that buildx adds by itself hold times and paths: the same inputs would give other digests.
    return {"DOCKER_BUILDKIT": str(int(engine.builder == "buildkit")), "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def build_words(engine: Engine, request: BuildRequest, id_file: Path) -> list[str]:
    """The words of the client's build command; the values of build arguments are in its environment, not here."""
    words = ["buildx", "build", "--load"] if engine.plugin else ["build"]
    words += {
        "buildkit": ["--progress=plain"],
        "classic": ["--force-rm"],
        "buildah": ["--layers", "--format=docker"],  # the OCI format has no health check
    }[engine.builder]
    words += [f"--iidfile={id_file}"]
    words += [f"--tag={tag}" for tag in request.tags]
    words += [f"--label={name}={value}" for name, value in sorted(request.labels.items())]
    words += [f"--build-arg={name}" for name in sorted(request.build_args)]
    words += [f"--secret=id={name},src={file.absolute()}" for name, file in sorted(request.secrets.items())]
    if request.platform and request.platform != engine.platform:
        words.append(f"--platform={request.platform}")
    words += [f"--target={request.target}"] if request.target else []
    words += ["--no-cache"] if request.no_cache else []
    # Relative: the builder knows the files that it holds by this word, and an absolute path is new for each build.
    return [*words, request.context.name]
