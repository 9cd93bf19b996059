"""The container engine of the benchmarks: what a run makes in it bears the run's name, and is removed afterwards."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ask
from modelport.errors import EngineError
from modelport.images.contents.layers import Layer, image_layers
from modelport.images.engine import Engine, image_facts
from modelport.images.engine_search import find_engine

PREFIX = "modelport-bench"
ANSWER_SECONDS_MAX = 120
_EMPTY = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The layer without a file, which the history gives no size."""


@dataclass(frozen=True)
class Bench:
    """An engine, the base image of everything that is built (Python 3.11), and the key of this run."""

    engine: Engine
    base: str
    key: str

    def name(self, word: str) -> str:
        """A name for an image of this run."""
        return f"{PREFIX}/{self.key}-{word}:3.11"

    def docker(self, *words: str | Path, timeout_seconds: float = 900) -> str:
        """A command of the engine's client that must work; what it printed."""
        done = self.engine.run(words, timeout_seconds=timeout_seconds)
        if done.exit_code:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()[-600:]}")
        return done.stdout.strip()

    def build(self, folder: Path, word: str) -> str:
        """Build a plain Dockerfile."""
        self.docker("build", "--quiet", "--tag", self.name(word), folder)
        return self.name(word)

    def fresh_base(self, folder: Path, word: str) -> str:
        """The base with a layer of its own, so that nothing built upon it is in the builder's cache; as a template."""
        context = folder / f"base-{word}"
        context.mkdir()
        lines = [f"FROM {self.base}", f"RUN echo {self.key}-{word} > /etc/benchmark"]
        (context / "Dockerfile").write_text("".join(f"{line}\n" for line in lines))
        return self.build(context, word).replace("3.11", "{python}")

    def size(self, name: str) -> int:
        """What the image weighs unpacked."""
        facts = image_facts(self.engine, name)
        return facts.size_bytes if facts else 0

    def layers(self, name: str) -> dict[str, Layer]:
        """The layers of an image that hold something, by their digests."""
        facts = image_facts(self.engine, name)
        digests = [digest for digest in (facts.layers if facts else ()) if digest != _EMPTY]
        return dict(zip(digests, image_layers(self.engine, name), strict=True))

    def answer(self, name: str, port: int, path: str, body: bytes) -> bytes:
        """What a container of the image answers first with 200."""
        publish = ("--publish", f"127.0.0.1::{port}", "--label", f"{PREFIX}={self.key}")
        container = self.docker("run", "--detach", *publish, name)
        try:
            own = int(self.docker("port", container, str(port)).splitlines()[0].rpartition(":")[2])
            deadline = time.monotonic() + ANSWER_SECONDS_MAX
            while time.monotonic() < deadline and self._runs(container):
                answer = ask(own, path, body)
                if answer.status == 200:
                    return answer.body
                time.sleep(0.2)
            said = self.engine.run(["logs", "--tail", "5", container])
            raise RuntimeError(f"{name} does not answer {path} with 200: {(said.stdout + said.stderr)[-600:]}")
        finally:
            self.engine.run(["rm", "--force", "--volumes", container])

    def _runs(self, container: str) -> bool:
        return self.docker("inspect", "--format", "{{.State.Running}}", container) == "true"

    def clean(self) -> None:
        """Take away what the run has left."""
        reference = f"reference={PREFIX}/{self.key}-*"
        for name in self.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", reference).split():
            self.engine.run(["image", "rm", "--force", name])


@contextmanager
def bench_engine() -> Iterator[Bench]:
    """The engine of this machine with a base; raises `RuntimeError` where there is none."""
    from tests.engine import HOW_TO_GET_BASES, HOW_TO_GET_ENGINE, base_name, make_base

    try:
        engine = find_engine(os.environ)
    except EngineError as error:
        raise RuntimeError(f"needs a container engine ({error.message}); {HOW_TO_GET_ENGINE}") from error
    template = os.environ.get("MODELPORT_BASE_IMAGE", "")
    base = template.replace("{python}", "3.11") or base_name("3.11")
    if image_facts(engine, base) is None:
        if template:
            engine.run(["pull", base], timeout_seconds=900)
        else:
            _made(make_base, engine, HOW_TO_GET_BASES)
    bench = Bench(engine, base, uuid.uuid4().hex[:8])
    try:
        yield bench
    finally:
        bench.clean()


def _made(make_base, engine: Engine, how: str) -> None:
    try:
        make_base(engine, "3.11")
    except OSError as error:
        raise RuntimeError(f"needs a base image of Python 3.11 ({error}); {how}") from error
