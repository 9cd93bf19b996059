"""Finds out what an image is built on: which base, what it is, and which Pythons follow from that."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.installed import lock_of
from modelport.environments.interpreters import Interpreter
from modelport.environments.lock import Lock
from modelport.environments.options import RealisationOptions, Report
from modelport.environments.source_file import read_text
from modelport.environments.wish import wish_of
from modelport.errors import UserError
from modelport.images.build.builder import BuildRequest, build
from modelport.images.build.log import Progress
from modelport.images.build.pulling import pull
from modelport.images.engine import Engine, ImageFacts, image_facts
from modelport.images.recipe.base import default_base, given_base, is_original, stand_in_note
from modelport.images.recipe.context import DOCKERFILE, ContextFile, context_digest, files_below, write_context
from modelport.images.recipe.dockerfile import BaseText, base_from_dockerfile, base_from_image
from modelport.images.recipe.installation import proxies
from modelport.images.recipe.probe import Prober
from modelport.images.recipe.recipe import BASE_STAGE, Dialect
from modelport.images.recipe.user_python import (
    SERVER_PYTHON,
    BaseFacts,
    DefaultBases,
    PythonPlan,
    PythonRequest,
    minor_of,
    plan_pythons,
)
from modelport.settings import DEFAULT_BASE_IMAGE
from modelport.storage.files import make_private_directory

BASE_NAME = "modelport-base"
"""The name of bases that are built from Dockerfiles; their tags are digests of what they consist of."""


@dataclass(frozen=True)
class Workbench:
    """What planning an image works with: the engine, how packages are fetched, the template of default bases.

    `find` looks an image up and pulls it if need be; `build` builds a folder with a Dockerfile under a tag, for bases
    that are Dockerfiles.
    """

    engine: Engine
    options: RealisationOptions
    find: Callable[[str], ImageFacts] = field(repr=False)
    build: Callable[[Path, str], None] = field(repr=False)
    base_template: str = DEFAULT_BASE_IMAGE

    @property
    def dialect(self) -> Dialect:
        """What the builder of the engine understands."""
        return dialect_of(self.engine)

    @property
    def prober(self) -> Prober:
        """Looks at base images."""
        return Prober(self.engine, self.options.home / "bases", self.find)


def make_workbench(
    engine: Engine, options: RealisationOptions, report: Report, base_template: str = DEFAULT_BASE_IMAGE
) -> Workbench:
    """A workbench with this engine: bases that it does not hold are pulled, those that are Dockerfiles are built, and
    the logs of such builds lie in the folder `bases` of the home."""

    def tell(progress: Progress) -> None:
        report(str(progress))

    def find(reference: str) -> ImageFacts:
        return image_facts(engine, reference) or pull(engine, reference, tell)

    def build_base(folder: Path, tag: str) -> None:
        make_private_directory(options.home / "bases")
        log = options.home / "bases" / f"{tag.rpartition(':')[2]}.log"
        build(engine, BuildRequest(folder, (tag,), build_args=proxies(options.environ)), log, tell)

    return Workbench(engine, options, find, build_base, base_template)


def dialect_of(engine: Engine) -> Dialect:
    """The dialect of an engine's builder: BuildKit and buildah know mounts and secrets."""
    return Dialect(has_mounts=engine.builder in ("buildkit", "buildah"))


@dataclass(frozen=True)
class PlannedBase:
    """The base of an image: its Dockerfile text, the Pythons, and of an interpreter that the user keeps the lock."""

    text: str
    pythons: PythonPlan
    kept_lock: Lock = field(default_factory=lambda: Lock("", ""))


def plan_base(
    environment: EnvironmentDefinition, steps: str, bench: Workbench, report: Report, managed_by: str = ""
) -> PlannedBase:
    """Find the base that an environment asks for; raises as `plan.plan_image` does."""
    wish = None if managed_by == "conda" else wish_of(environment).python
    kept = environment.interpreter_path or ""
    given = _given(environment, steps, minor_of(wish), bench, report)
    asked = PythonRequest(None if kept else wish, kept, given[0] if given else None, managed_by)
    defaults = DefaultBases(lambda python: bench.prober.facts_of(default_base(bench.base_template, python), kept))
    pythons = plan_pythons(asked, defaults)
    text = given[1] if given and pythons.is_given_base else base_from_image(pythons.base.reference, steps, BASE_STAGE)
    if not pythons.base.has_bash and not steps:
        raise _without_bash(pythons.base)
    lock = _lock_of_kept(pythons, bench) if kept else Lock("", "")
    return PlannedBase(text.text, pythons, lock)


def _given(
    environment: EnvironmentDefinition, steps: str, python: str, bench: Workbench, report: Report
) -> tuple[BaseFacts, BaseText] | None:
    """What the user's base is and its text, None where the default is to be taken."""
    kind, value = given_base(environment.container)
    interpreter = environment.interpreter_path or ""

    def stand_in(original: str) -> tuple[str, str]:
        usable = python if python and int(python.partition(".")[2]) >= 10 else SERVER_PYTHON
        image = default_base(bench.base_template, usable)
        return image, stand_in_note(original, image)

    if kind == "image" and is_original(value):
        report(stand_in(value)[1])
        return None
    if kind == "image":
        return bench.prober.facts_of(value, interpreter), base_from_image(value, steps, BASE_STAGE)
    if not kind:
        return None
    folder = Path(value) if kind == "context" else None
    text = base_from_dockerfile(_dockerfile_text(value, folder), steps if folder is None else "", BASE_STAGE, stand_in)
    for note in text.notes:
        report(note)
    files = files_below(folder, "") if folder else ()
    tag, identity = _built(text, files, bench, report)
    facts = replace(bench.prober.facts_of(tag, interpreter), identity=identity)
    return facts, text if folder is None else base_from_image(tag, steps, BASE_STAGE)


def _dockerfile_text(value: str, folder: Path | None) -> str:
    """The text of a Dockerfile: that of a context, or given as text or as a path."""
    if folder is not None:
        return read_text(folder / "Dockerfile", f"{folder}/Dockerfile")
    is_text = "\n" in value or value.lstrip().upper().startswith(("FROM ", "ARG ", "#"))
    return value if is_text else read_text(Path(value), value)


def _built(text: BaseText, files: tuple[ContextFile, ...], bench: Workbench, report: Report) -> tuple[str, str]:
    """The tag of the base image that a Dockerfile makes, built if it is not there, and the identity of its text."""
    files = tuple(file for file in files if file.path != DOCKERFILE)
    identity = context_digest(text.text, files)
    tag = f"{BASE_NAME}:{identity[:16]}"
    if image_facts(bench.engine, tag) is None:
        report(f"Building the base image {tag} from the Dockerfile of the environment …")
        with tempfile.TemporaryDirectory(prefix="modelport-base-") as parent:
            folder = Path(parent) / BASE_NAME
            write_context(folder, text.text, files)
            bench.build(folder, tag)
    return tag, f"sha256:{identity}"


def _lock_of_kept(pythons: PythonPlan, bench: Workbench) -> Lock:
    """What the interpreter that the user keeps has installed, as a lock without hashes."""
    python = Interpreter(Path(pythons.user.path), pythons.user.version, Path("/"),
                         markers={"sys_platform": "linux", "platform_machine": pythons.base.machine})  # fmt: skip
    return lock_of(python, bench.prober.packages_of(pythons.base.reference, pythons.user.path))


def _without_bash(base: BaseFacts) -> UserError:
    return UserError(
        "base-without-bash",
        f"The base image '{base.reference}' has no /bin/bash, which an image of a service needs.",
        "Install it in the base, for example by Dockerfile steps (RUN apk add --no-cache bash), or give another base.",
    )
