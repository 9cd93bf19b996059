"""The composition root: one workspace, whose parts it builds and hands out; there is no global instance.

Heavy parts are imported when they are first asked for, so that listing workspaces costs no SQL library.
"""

from __future__ import annotations

import datetime
import getpass
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import EngineError, ModelportError, UserError
from modelport.settings import Settings
from modelport.supplies import check_script, curated_for, packing, realising
from modelport.v1_kinds import WorkspaceConflictError

if TYPE_CHECKING:
    from modelport.diagnosis.finding import Finding
    from modelport.environments.store import EnvironmentStore
    from modelport.images.engine import Engine
    from modelport.images.manager import ImageManager
    from modelport.images.store import ImageStore
    from modelport.registry.artifacts import LocalArtifactStore
    from modelport.registry.catalog import ModelRegistry
    from modelport.registry.fsck import FsckReport
    from modelport.registry.runs import RunStore
    from modelport.services.compute import ComputeStore
    from modelport.services.manager import ServiceManager
    from modelport.services.parts import Parts
    from modelport.services.profiling import Profiler
    from modelport.services.request import ServiceRequest
    from modelport.services.store import ServiceStore
    from modelport.storage.database import Database
    from modelport.storage.secrets import SecretStore


@dataclass(frozen=True)
class WorkspaceDetails:
    """What is recorded about a workspace and changes nothing in how it works: Azure's words for it, mostly."""

    subscription_id: str = ""
    resource_group: str = ""
    location: str = ""
    sku: str = "basic"
    friendly_name: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)


class OpenWorkspace:
    """One workspace and its parts; each part is made when it is first asked for."""

    def __init__(
        self, settings: Settings, directory: Path, id: str, created_at: datetime.datetime, details: WorkspaceDetails
    ) -> None:
        self.settings = settings
        self.name = directory.name
        self.id = id
        self.directory = directory
        self.created_at = created_at
        self.details = details

    def __repr__(self) -> str:
        return f"OpenWorkspace({self.name!r})"

    @cached_property
    def database(self) -> Database:
        """The catalogue."""
        from modelport.storage.database import open_database, sqlite_url

        return open_database(sqlite_url(self.directory / "catalog.db"), must_exist=True)

    @cached_property
    def artifacts(self) -> LocalArtifactStore:
        """The contents of files."""
        from modelport.registry.artifacts import LocalArtifactStore

        return LocalArtifactStore(self.directory / "blobs")

    @cached_property
    def models(self) -> ModelRegistry:
        """The registered models."""
        from modelport.registry.catalog import ModelRegistry

        return ModelRegistry(self.database, self.artifacts, _user_name(), lambda names: self.services.settle(names))

    @cached_property
    def runs(self) -> RunStore:
        """Experiments and runs."""
        from modelport.registry.runs import RunStore

        return RunStore(self.database, self.artifacts, self.models)

    @cached_property
    def secrets(self) -> SecretStore:
        """The secrets, encrypted at rest."""
        from modelport.storage.secrets import SecretStore

        return SecretStore(self.database, self._secret_key())

    def _secret_key(self) -> Callable[[], bytes]:
        from modelport.storage.secret_key import load_key

        return lambda: load_key(self.settings.home, self.settings.secret_key)

    @cached_property
    def environments(self) -> EnvironmentStore:
        """The registered and the curated environments."""
        from modelport.environments.store import EnvironmentStore

        return EnvironmentStore(self.database)

    @cached_property
    def services(self) -> ServiceManager:
        """The services."""
        from modelport.services.manager import ServiceManager

        return ServiceManager(self._service_parts)

    @cached_property
    def _service_parts(self) -> Parts:
        from modelport.services.parts import Parts
        from modelport.targets import container, local, ports

        containers = container.ContainerTarget(self.settings.environ, self.id)
        return Parts(
            store=self._service_store(),
            models=self.models,
            targets={"local": local.LocalTarget(self.settings.environ), "container": containers},
            preflights={"local": ports.preflight, "container": containers.preflight},
            packers={"container": packing(lambda: self.images)},
            key_sharers={"container": containers.share_keys},
            check_script=check_script,
            realise=realising(self.settings),
            curated=curated_for,
        )

    def examine(
        self, name: str = "", request: ServiceRequest | None = None, refused: ModelportError | None = None
    ) -> list[Finding]:
        """What is wrong with a service, with a deployment that is asked for, or (without either) with this machine.

        `refused` is why what was asked for could not even be made a request.

        Raises `NotFoundError` (`service-not-found`).
        """
        from modelport.diagnosis.examination import Asked, Surroundings, examine_deployment

        around = Surroundings(
            self._service_parts, self._engine_trouble, self.settings.environ, self.settings.home,
            self.settings.runtime_directory,
        )  # fmt: skip
        return examine_deployment(around, name, Asked(request, refused))

    def _engine_trouble(self) -> str:
        try:
            self.engine  # noqa: B018 - it is looked for when it is asked for
        except EngineError as error:
            return error.message
        return ""

    @cached_property
    def profiles(self) -> Profiler:
        """What services cost, measured."""
        from modelport.services.profiling import Profiler

        return Profiler(self.services, self.directory / "profiles")

    @cached_property
    def compute(self) -> ComputeStore:
        """The clusters that services may run on, by the names that the workspace gives them."""
        from modelport.services.compute import ComputeStore

        return ComputeStore(self.directory)

    @cached_property
    def images(self) -> ImageManager:
        """The images."""
        from modelport.environments.options import options_from
        from modelport.images.making import ImageParts
        from modelport.images.manager import ImageManager
        from modelport.images.registries.credentials import CredentialStore

        parts = ImageParts(
            store=self._image_store(),
            models=self.models,
            engine=lambda: self.engine,
            options=options_from(self.settings),
            base_template=self.settings.base_image,
            credentials=CredentialStore(self.settings.environ),
            check_script=check_script,
            users=lambda record: self.services.running(record.reference, record.location),
            changing=lambda: self.services.changing(),
        )
        return ImageManager(parts)

    @cached_property
    def engine(self) -> Engine:
        """The container engine; raises `EngineError` (`engine-missing`, `engine-not-running`, `engine-not-allowed`)."""
        from modelport.images.engine_search import find_engine

        return find_engine(self.settings.environ)

    def default_registry(self) -> str:
        """Where images are pushed to if no registry is named; raises `UserError` (`registry-needed`)."""
        named = str(self.details.extra.get("container_registry") or "")
        if named:
            return named
        raise UserError(
            "registry-needed",
            f"No registry is named, and workspace '{self.name}' has none of its own.",
            "Name one (--registry registry.example:5000), or make the workspace with container_registry='ADDRESS'.",
        )

    def realise(self, definition: Mapping[str, Any], tell: Callable[[str], None]) -> Path:
        """The Python of the environment that is described, made usable on this machine."""
        return Path(realising(self.settings)(definition, tell).python)

    def _image_store(self) -> ImageStore:
        from modelport.images.folders import ImageFolders
        from modelport.images.store import ImageStore

        return ImageStore(self.database, ImageFolders(self.directory / "images"), self.name, _user_name())

    def refuse_while_building(self) -> None:
        """Raise `ConflictError` (`workspace-in-use`) while an image of the workspace is being built."""
        building = [record for record in self._image_store().find() if not record.has_ended]
        if building:
            raise WorkspaceConflictError(
                "workspace-in-use",
                f"Workspace '{self.name}' builds the image '{building[0].full_name}' (process "
                f"{building[0].builder_pid}).",
                f"Wait for its end: modelport image logs {building[0].full_name} --follow",
            )

    def _service_store(self) -> ServiceStore:
        from modelport.services.store import ServicePlaces, ServiceStore

        places = ServicePlaces(
            self.directory / "services", self.directory / "archive", self.settings.runtime_directory
        )
        return ServiceStore(self.database, places)

    def service_names(self) -> list[str]:
        """The names of the services that are not deleted, sorted."""
        import sqlalchemy as sa

        from modelport.storage.tables import services

        statement = sa.select(services.c.name).where(services.c.deleted_at.is_(None)).order_by(services.c.name)
        with self.database.reading() as connection:
            return list(connection.scalars(statement))

    def fsck(self, *, repair: bool = False) -> FsckReport:
        """Check every stored content against the catalogue; `repair` removes leftovers, and nothing else."""
        from modelport.registry.fsck import check
        from modelport.registry.references import remove_unfinished

        # First of all, and without the catalogue: it cannot even be opened while what was left fills the disk.
        unfinished = remove_unfinished(self.artifacts) if repair else ()
        report = check(self.database, self.artifacts, repair=repair)
        abandoned = (*self._service_store().abandoned(remove=repair), *self._image_store().abandoned(remove=repair))
        collected = (*unfinished, *report.collected, *(abandoned if repair else ()))
        return replace(report, unfinished=(*unfinished, *report.unfinished), abandoned=abandoned, collected=collected)


def _user_name() -> str:
    """Who is noted as the author of what is registered; a number where the system has no name for the user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else ""
