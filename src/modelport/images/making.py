"""One build from the wish to the record: plan, look whether it is there, lay the context out, build."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelport.environments.options import RealisationOptions
from modelport.images.build.builder import BuildRequest, build
from modelport.images.build.kept_log import KeptLog
from modelport.images.build.pulling import pull
from modelport.images.engine import Engine, ImageFacts, find_built, image_facts
from modelport.images.folders import BUILD_FOLDER
from modelport.images.recipe.context import DOCKERFILE
from modelport.images.recipe.plan import PlannedImage, lay_out, plan_image
from modelport.images.recipe.planned_base import BASE_NAME, Workbench
from modelport.images.record import CONTEXT_FOLDER, ImageRecord
from modelport.images.registries.credentials import CredentialStore, private_login
from modelport.images.registries.reference import parse_reference
from modelport.images.store import ImageStore
from modelport.images.wish import ImageWish
from modelport.images.wished import CheckScript, request_of
from modelport.registry.catalog import ModelRegistry

LOCK_FILE = "lock.json"
ALSO_NAMED = "also_named"
"""Key of a record's details: the name that the image got in the engine beside its own."""
OWN_BASE = "own_base"
"""Key of a record's details: the name of the base that was built from a Dockerfile for it."""


@dataclass(frozen=True)
class ImageParts:
    """What building images is made of; put together by the workspace.

    `engine` finds what builds, or raises `EngineError`; `base_template` names the default base of a Python; `users`
    tells the names of the services that run an image, `changing` those of the services that are being changed.
    """

    store: ImageStore
    models: ModelRegistry
    engine: Callable[[], Engine]
    options: RealisationOptions
    base_template: str
    credentials: CredentialStore
    check_script: CheckScript
    users: Callable[[ImageRecord], Sequence[str]]
    changing: Callable[[], Sequence[str]]


@dataclass(frozen=True)
class Draft:
    """An image on its way: what is wished, the folder that is its, its log."""

    wish: ImageWish
    folder: Path
    log: KeptLog

    @property
    def scratch(self) -> Path:
        """Work in progress; removed at the end."""
        return self.folder / BUILD_FOLDER


def plan(parts: ImageParts, draft: Draft) -> PlannedImage:
    """Plan the image of a draft; nothing is built but a base that is a Dockerfile itself."""
    if draft.wish.script is not None and not draft.wish.environment:
        draft.log("No environment is given: the image has Python with its standard library, and no packages.")
    request = request_of(draft.wish, parts.models, draft.scratch / "models")
    planned = plan_image(request, _workbench(parts, draft), draft.log)
    (draft.folder / DOCKERFILE).write_text(planned.recipe.dockerfile, encoding="utf-8")
    (draft.folder / LOCK_FILE).write_text(json.dumps(planned.lock.to_json()), encoding="utf-8")
    return planned


def _workbench(parts: ImageParts, draft: Draft) -> Workbench:
    engine = parts.engine()

    def find(reference: str) -> ImageFacts:
        return image_facts(engine, reference) or _pull_base(parts, draft, engine, reference)

    def build_base(folder: Path, tag: str) -> None:
        build(engine, BuildRequest(folder, (tag,), {}), draft.log.file, draft.log.report)

    return Workbench(engine, parts.options, find, build_base, parts.base_template)


def _pull_base(parts: ImageParts, draft: Draft, engine: Engine, reference: str) -> ImageFacts:
    """Bring a base to the engine, logged in as the wish says where it says so."""
    draft.log(f"Pulling the base image {reference} …")
    registry = parse_reference(reference).registry
    with ExitStack() as stack:
        if registry in parts.credentials.given:
            login = parts.credentials.given[registry]()
            environ = stack.enter_context(private_login(engine.environ, registry, login))
            engine = replace(engine, environ=environ)
        return pull(engine, reference, lambda progress: draft.log(str(progress)))


def is_there(parts: ImageParts, record: ImageRecord) -> bool:
    """Whether the engine holds the image of a record."""
    return bool(record.image_id) and image_facts(parts.engine(), record.image_id) is not None


def make(parts: ImageParts, draft: Draft, record: ImageRecord, planned: PlannedImage) -> ImageRecord:
    """Build what was planned, unless the engine has it already, and record what came of it."""
    try:
        base = planned.pythons.base.reference
        known = {
            "context_digest": planned.digest,
            "details": {
                **record.details,
                "python": planned.pythons.user.version,
                "interpreter": planned.python,
                "lock_digest": planned.lock.digest,
                **({ALSO_NAMED: draft.wish.reference} if draft.wish.reference else {}),
                **({OWN_BASE: base} if base.startswith(f"{BASE_NAME}:") else {}),
                "modelport": planned.labels["dev.modelport.version"],
            },
        }
        if draft.wish.context_only:
            lay_out(planned, draft.folder / CONTEXT_FOLDER)
            draft.log(f"The Dockerfile and its context are ready: {planned.digest}")
            return parts.store.succeed(record, known)
        return parts.store.succeed(record, {**known, **_image(parts, draft, record, planned)})
    finally:
        shutil.rmtree(draft.scratch, ignore_errors=True)


def _image(parts: ImageParts, draft: Draft, record: ImageRecord, planned: PlannedImage) -> Mapping[str, Any]:
    """The image in the engine under its names: found, or built."""
    engine = parts.engine()
    names = tuple(filter(None, [record.reference, draft.wish.reference]))
    found = find_built(engine, planned.digest)
    if found is not None:
        draft.log(f"Nothing is built: the image {found.id} was built from the same context.")
        for name in names:
            engine.run(["tag", found.id, name])
        return {"image_id": found.id, "size_bytes": found.size_bytes}
    # Of one name for all versions: a builder that keeps the files of the version before is sent what differs.
    context = draft.scratch / record.reference.rpartition(":")[0].replace("/", "-")
    lay_out(planned, context)
    secrets = draft.scratch / "secrets"
    secrets.mkdir(mode=0o700)
    request = BuildRequest(
        context, names, planned.labels, secrets=planned.secrets.write(secrets), build_args=planned.build_args
    )
    built = build(engine, request, draft.log.file, draft.log.report)
    draft.log(f"Built {names[0]} ({built.image_id}, {built.size_bytes} bytes) in {built.seconds:.1f} s.")
    return {"image_id": built.image_id, "size_bytes": built.size_bytes}
