"""The home of all workspaces of a user: makes, opens, finds and deletes them.

    <home>/workspaces/<name>/workspace.json   what the workspace is; written last, so that it exists or does not
                             catalog.db       models, runs, secrets, services (SQLite)
                             blobs/           the contents of files, by digest
                             services/<id>/   manifest, log and event record of a service
                             compute.json     names of clusters, if any were given
                             profiles/        what services cost, measured
                             datastores/      folders that programs keep files in
                             images/<id>/     Dockerfile and build log of an image
                             cache/           copies that can be made again
"""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict, fields
from pathlib import Path

from modelport.errors import StorageError, nearest
from modelport.naming import WORKSPACE, new_id
from modelport.open_workspace import OpenWorkspace as OpenWorkspace
from modelport.open_workspace import WorkspaceDetails as WorkspaceDetails
from modelport.settings import Settings
from modelport.storage.files import locked, make_private_directory, refuse_file, write_durably
from modelport.v1_kinds import WorkspaceConflictError, WorkspaceNotFoundError

_FILE = "workspace.json"
_DELETED = ".deleted-"


class Home:
    """The folder that holds every workspace of this user (`MODELPORT_HOME`)."""

    def __init__(self, settings: Settings) -> None:
        refuse_file(settings.home)
        self.settings = settings
        self._directory = settings.home / "workspaces"

    def __repr__(self) -> str:
        return f"Home({str(self.settings.home)!r})"

    def create(self, name: str, details: WorkspaceDetails | None = None, *, exist_ok: bool = False) -> OpenWorkspace:
        """Make a workspace, or return the existing one, untouched, if `exist_ok`.

        Raises `UserError` (`name-invalid`), `ConflictError` (`workspace-exists`), `StorageError`.
        """
        WORKSPACE.check(name)
        make_private_directory(self._directory)
        directory = self._directory / name
        with locked(self._directory / ".lock"):
            if (directory / _FILE).exists():
                if not exist_ok:
                    raise WorkspaceConflictError(
                        "workspace-exists",
                        f"There is a workspace '{name}' already, in '{self.settings.home}'.",
                        "Use it with exist_ok=True or Workspace.get(name), or choose another name.",
                    )
                return self._open(directory)
            self._make(directory, details or WorkspaceDetails())
        return self._open(directory)

    def _make(self, directory: Path, details: WorkspaceDetails) -> None:
        from modelport.storage.database import open_database, sqlite_url

        make_private_directory(directory)
        open_database(sqlite_url(directory / "catalog.db"))
        content = {
            "id": new_id(),
            "name": directory.name,
            "created_at": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "details": asdict(details),
        }
        write_durably(directory / _FILE, json.dumps(content, indent=2, default=str).encode() + b"\n")

    def get(self, name: str) -> OpenWorkspace:
        """An existing workspace; raises `NotFoundError` (`workspace-not-found`), `UserError` (`name-invalid`)."""
        WORKSPACE.check(name)
        directory = self._directory / name
        if not (directory / _FILE).exists():
            raise WorkspaceNotFoundError(
                "workspace-not-found",
                f"There is no workspace '{name}' in '{self.settings.home}'. {nearest(name, self.names())}".rstrip(),
                f"Make it: modelport workspace create {name}   or: Workspace.create({name!r}, exist_ok=True)",
            )
        return self._open(directory)

    def describe(self, name: str, details: WorkspaceDetails) -> OpenWorkspace:
        """Record other details about a workspace; raises `NotFoundError` (`workspace-not-found`), `StorageError`."""
        with locked(make_private_directory(self._directory) / ".lock"):
            file = self.get(name).directory / _FILE
            content = {**json.loads(file.read_text(encoding="utf-8")), "details": asdict(details)}
            write_durably(file, json.dumps(content, indent=2, default=str).encode() + b"\n")
        return self._open(file.parent)

    def names(self) -> list[str]:
        """The names of all workspaces, sorted."""
        return sorted(path.parent.name for path in self._directory.glob(f"[!.]*/{_FILE}"))

    def list(self) -> list[OpenWorkspace]:
        """All workspaces, by name."""
        return [self._open(self._directory / name) for name in self.names()]

    def delete(self, name: str, *, with_images: bool = False) -> None:
        """Delete a workspace with its models, runs and secrets; `with_images` also removes its images from the engine.

        Raises `ConflictError` (`workspace-in-use`) while it has services or builds an image, `NotFoundError`
        (`workspace-not-found`).
        """
        with locked(make_private_directory(self._directory) / ".lock"):
            workspace = self.get(name)
            services = workspace.service_names()
            if services:
                raise WorkspaceConflictError(
                    "workspace-in-use",
                    f"Workspace '{name}' has services: {', '.join(services)}.",
                    f"Delete them first: modelport service delete {services[0]}",
                )
            workspace.refuse_while_building()
            if with_images:
                workspace.images.forget_all()
            doomed = self._directory / f"{_DELETED}{workspace.id}"
            workspace.directory.replace(doomed)  # gone in one step; what follows may be interrupted
        self._sweep()

    def _sweep(self) -> None:
        from modelport.registry.artifacts import remove_tree

        for doomed in self._directory.glob(f"{_DELETED}*"):
            remove_tree(doomed)

    def _open(self, directory: Path) -> OpenWorkspace:
        try:
            content = json.loads((directory / _FILE).read_text(encoding="utf-8"))
            known = {item.name for item in fields(WorkspaceDetails)}
            details = WorkspaceDetails(**{key: value for key, value in content["details"].items() if key in known})
            created_at = datetime.datetime.fromisoformat(content["created_at"])
            return OpenWorkspace(self.settings, directory, str(content["id"]), created_at, details)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(
                "workspace-damaged",
                f"The file '{directory / _FILE}' is damaged ({type(error).__name__}: {error}).",
                "Restore it from a backup; the models beside it are untouched.",
            ) from error
