"""Images: how long a build takes and a rebuild, what it makes anew, what it weighs, what a second push sends.

Everything goes through the doors that users take: `Model.package`, `Image.create`, `modelport image push`'s own call.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.image_engine import Bench, bench_engine
from benchmarks.image_peers import PEER_BUILDS, WORKLOAD, FirstBuild, check_answer, peer_base, prepare_peers
from benchmarks.processes import scratch_folder
from benchmarks.update import own_home
from modelport.errors import ModelportError

TIMES = 3
MODEL_BYTES = 1_000_000
OURS = "Modelport"
BUILDERS = {"buildkit": {}, "classic": {"DOCKER_BUILDKIT": "0"}}
_CONDA = "dependencies:\n- python=3.11\n- pip:\n  - scikit-learn\n"


@dataclass(frozen=True)
class Change:
    """One kind of change, made several times: seconds of each, and of the last the new layers, kind -> bytes."""

    seconds: tuple[float, ...]
    new_layers: dict[str, int]

    @property
    def middle(self) -> float:
        return median(self.seconds)

    @property
    def new_bytes(self) -> int:
        return sum(self.new_layers.values())


@dataclass(frozen=True)
class Rebuilds:
    """What one builder does again after a changed script, after a new version of a model, and after nothing."""

    builder: str
    first_seconds: float
    script: Change
    model: Change
    nothing: Change
    nothing_as_image: Change


@dataclass(frozen=True)
class Pushes:
    """What went to the registry, on the wire."""

    first_bytes: int
    second_bytes: int


@dataclass
class Images:
    """All of it; a peer that did not build is in `refused`, in its own words."""

    rebuilds: list[Rebuilds] = field(default_factory=list)
    builds: list[FirstBuild] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    packages_bytes: int = 0
    packages_without_bytecode_bytes: int = 0
    differences: list[str] = field(default_factory=list)
    pushes: Pushes | None = None
    cost: str = ""


def images(say: Callable[[str], None]) -> Images:
    """Measure everything; raises `RuntimeError` where there is no container engine, or it does not build."""
    try:
        with bench_engine() as bench, scratch_folder() as scratch:
            return _all(bench, scratch, say)
    except ModelportError as error:
        raise RuntimeError(f"{type(error).__name__}: {error.message}") from error


def _all(bench: Bench, scratch: Path, say: Callable[[str], None]) -> Images:
    found = Images()
    _first_builds(bench, scratch, found, say)
    for builder, environ in BUILDERS.items():
        found.rebuilds.append(_rebuilds(bench, scratch, builder, environ))
        say(f"images, {builder}: {found.rebuilds[-1]}")
    found.differences = _differences(bench, scratch)
    found.pushes = _pushes(bench, scratch)
    return found


class Project:
    """A workspace, two models and a script, as a user has them."""

    def __init__(self, folder: Path) -> None:
        from modelport import Environment, Workspace

        self.folder = folder
        shutil.copy(WORKLOAD.script, folder / "score.py")
        (folder / "env.yml").write_text(_CONDA)
        self._versions = 0
        self.workspace = Workspace.create(f"bench-{folder.name[-20:].replace('_', '-')}".lower(), show_output=False)
        self.models = [self._register("ridge"), self._register("other")]
        self.environment = Environment.from_conda_specification("bench", str(folder / "env.yml"))

    def _register(self, name: str) -> Any:
        from modelport import Model

        self._versions += 1
        file = self.folder / f"{name}.bin"
        file.write_bytes(random.Random(f"{name}{self._versions}").randbytes(MODEL_BYTES))
        with _quiet():
            return Model.register(self.workspace, str(file), name)

    def change_script(self) -> None:
        with (self.folder / "score.py").open("a") as file:
            file.write(f"\n# changed at {time.time_ns()}\n")

    def change_model(self) -> None:
        self.models[0] = self._register("ridge")

    def package(self, **options: Any) -> Any:
        """`Model.package`, and wait; the package."""
        from modelport import InferenceConfig, Model

        config = InferenceConfig(str(self.folder / "score.py"), environment=self.environment)
        package = Model.package(self.workspace, self.models, config, **options)
        package.wait_for_creation(show_output=False)
        return package

    def image(self) -> str:
        """`Image.create`, and wait; its name in the engine."""
        from modelport import ContainerImage, Image

        words = {"runtime": "python", "conda_file": "env.yml"}
        config = ContainerImage.image_configuration("score.py", **words)
        with _quiet():
            image = Image.create(self.workspace, "bench", self.models, config)
            image.wait_for_creation()
        return str(image.image_location)


@contextmanager
def _quiet() -> Iterator[None]:
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()):
        yield


@contextmanager
def _project(base_template: str, scratch: Path, word: str, environ: dict[str, str] | None = None) -> Iterator[Project]:
    """A project in a home of its own; its images are taken out of the engine afterwards."""
    from modelport.sdk.arguments import opened

    folder, before = scratch / f"project-{word}", Path.cwd()
    folder.mkdir()
    with own_home():
        os.environ.update(MODELPORT_BASE_IMAGE=base_template, **(environ or {}))
        os.chdir(folder)
        try:
            project = Project(folder)
            try:
                yield project
            finally:
                opened(project.workspace).images.forget_all()
        finally:
            os.chdir(before)


# -- the first build, beside peers ---------------------------------------------------------------------------------


def _first_builds(bench: Bench, scratch: Path, found: Images, say: Callable[[str], None]) -> None:
    with _project(bench.fresh_base(scratch, "warm"), scratch, "warm") as project:
        project.package()  # the caches of the package installer are warm from here on
    found.builds.append(_own_build(bench, scratch, found))
    say(f"images: {found.builds[-1]}")
    prepare_peers()
    base = peer_base(bench, scratch)
    for title, build in PEER_BUILDS.items():
        try:
            found.builds.append(build(bench, base, scratch))
            say(f"images: {found.builds[-1]}")
        except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
            found.refused[title] = " / ".join(str(error).split("\n"))
            say(f"images, FAILED {title}: {error}")


def _own_build(bench: Bench, scratch: Path, found: Images) -> FirstBuild:
    from modelport.images.contents.layers import describe, image_cost

    template = bench.fresh_base(scratch, "first")
    with _project(template, scratch, "first") as project:
        started = time.monotonic()
        name = project.package().location
        seconds = time.monotonic() - started
        check_answer(bench.answer(name, 5001, "/score", WORKLOAD.make_body()), lambda answer: answer)
        found.cost = describe(image_cost(bench.engine, name))
        _weigh_packages(project, scratch, found)
        return FirstBuild(OURS, seconds, 0.0, bench.size(name), bench.size(template.format(python="3.11")))


def _weigh_packages(project: Project, scratch: Path, found: Images) -> None:
    """The packages of the image's own lock, installed by uv beside it: as pip does it, with byte code, and without."""
    from modelport.environments.lock import Lock
    from modelport.images.making import LOCK_FILE
    from modelport.sdk.arguments import opened

    record = opened(project.workspace).images.list()[0]
    lock = Lock.from_json(json.loads((record.directory / LOCK_FILE).read_text()))
    (scratch / "lock.txt").write_text(lock.to_requirements())
    for word, options in (("plain", []), ("compiled", ["--compile-bytecode"])):
        python = scratch / word / "bin" / "python"
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(scratch / word)], check=True)
        sync = [uv, "pip", "sync", "--quiet", "--link-mode=copy", "--python", str(python), *options]
        subprocess.run([*sync, str(scratch / "lock.txt")], check=True)
    found.packages_without_bytecode_bytes = _folder_bytes(scratch / "plain")
    found.packages_bytes = _folder_bytes(scratch / "compiled")


def _folder_bytes(venv: Path) -> int:
    return sum(path.lstat().st_size for path in (venv / "lib").rglob("*") if not path.is_dir())


# -- rebuilds --------------------------------------------------------------------------------------------------------


def _rebuilds(bench: Bench, scratch: Path, builder: str, environ: dict[str, str]) -> Rebuilds:
    with _project(bench.fresh_base(scratch, builder), scratch, builder, environ) as project:

        def package() -> str:
            return str(project.package().location)

        started = time.monotonic()
        package()
        first = time.monotonic() - started
        changed = partial(_changed, bench)
        script = changed(project.change_script, package)
        model = changed(project.change_model, package)
        nothing = changed(lambda: None, package)
        project.image()
        return Rebuilds(builder, first, script, model, nothing, changed(lambda: None, project.image))


def _changed(bench: Bench, change: Callable[[], None], make: Callable[[], str]) -> Change:
    seconds = []
    before = bench.layers(make())
    new: dict[str, int] = {}
    for _ in range(TIMES):
        change()
        started = time.monotonic()
        name = make()
        seconds.append(time.monotonic() - started)
        after = bench.layers(name)
        new = {}
        for digest in after.keys() - before.keys():
            new[after[digest].kind] = new.get(after[digest].kind, 0) + after[digest].size_bytes
        before = after
    return Change(tuple(seconds), new)


# -- the same twice --------------------------------------------------------------------------------------------------


def _differences(bench: Bench, scratch: Path) -> list[str]:
    """What differs between the build contexts of the same project in two homes and folders, with empty caches."""
    from modelport.sdk.arguments import opened

    seen = []
    for word in ("one", "two"):
        with _project(bench.base.replace("3.11", "{python}"), scratch, word) as project:
            project.package(generate_dockerfile=True)
            record = opened(project.workspace).images.list()[0]
            files = {
                path.relative_to(record.context).as_posix(): path.read_bytes()
                for path in sorted(record.context.rglob("*"))
                if path.is_file()
            }
            seen.append({"context digest": record.context_digest.encode(), **files})
    one, two = seen
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


# -- pushes ----------------------------------------------------------------------------------------------------------


def _pushes(bench: Bench, scratch: Path) -> Pushes | None:
    """Push, change the script, push again; counted by a relay before the registry. None without a registry."""
    from tests.images.registry_servers import PROGRAM, counting_relay, running_registry

    if PROGRAM is None:
        return None
    with (
        running_registry(scratch / "registry") as registry,
        counting_relay(registry.address) as relay,
        _project(bench.base.replace("3.11", "{python}"), scratch, "push") as project,
    ):
        first = _push(project, relay)
        project.change_script()
        return Pushes(first, _push(project, relay))


def _push(project: Project, relay: Any) -> int:
    from modelport.sdk.arguments import opened

    project.image()
    manager = opened(project.workspace).images
    before = relay.sent_bytes
    record = manager.push(manager.get("bench"), relay.address)
    return int(relay.sent_bytes - before) if record else 0
