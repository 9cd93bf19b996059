"""Datastores, as deployment scripts use them: a folder of the workspace that files are copied into and out of."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from modelport.registry.datastores import DatastoreFolder, DatastoreFolders, Tell
from modelport.sdk.absent import REASONS, AbsentType, absent
from modelport.sdk.arguments import opened, say

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


def _azure(name: str) -> AbsentType:
    return absent(f"azureml.core.Datastore.{name}", REASONS["azure"])


class DatastorePath:
    """A place in a datastore; `open`, `Model.register` and the like take it as the path on this machine that it is."""

    def __init__(self, datastore: Datastore, path: str, data_reference_name: str | None = None) -> None:
        self.datastore = datastore
        self.path_on_datastore = path
        self.data_reference_name = data_reference_name or datastore.name
        self._place = datastore._folder.place(path)

    def __fspath__(self) -> str:
        return str(self._place)

    def __str__(self) -> str:
        return str(self._place)

    def __repr__(self) -> str:
        return f"DatastorePath({self.datastore.name!r}, {self.path_on_datastore!r})"

    def path(self, path: str | None = None, data_reference_name: str | None = None) -> DatastorePath:
        """A place below this one."""
        below = "/".join(part for part in (self.path_on_datastore, path) if part)
        return DatastorePath(self.datastore, below, data_reference_name or self.data_reference_name)

    def as_mount(self) -> DatastorePath:
        """The same place: it is on this machine already."""
        return self

    def as_download(self, path_on_compute: str | None = None, overwrite: bool = False) -> DatastorePath:
        """The same place: it is on this machine already; the arguments have no effect."""
        _ = path_on_compute, overwrite
        return self

    def as_upload(self, path_on_compute: str | None = None, overwrite: bool = False) -> DatastorePath:
        """The same place: it is on this machine already; the arguments have no effect."""
        _ = path_on_compute, overwrite
        return self


class Datastore:
    """A folder of the workspace; `Datastore(ws, name)` gets one, without a name the default one.

    Raises `NotFoundError` (`datastore-not-found`).
    """

    datastore_type = "AzureBlob"
    """v1's word for what a workspace's own datastore is; this one is a folder."""
    is_sas = False

    def __init__(self, workspace: Workspace, name: str | None = None) -> None:
        folders = _folders(workspace)
        self.workspace = workspace
        self._folder: DatastoreFolder = folders.get(name or folders.default_name)
        self.name = self._folder.name

    def __repr__(self) -> str:
        return f"Datastore(workspace={self.workspace!r}, name={self.name!r})"

    @staticmethod
    def list(workspace: Workspace) -> dict[str, Datastore]:
        """Every datastore of a workspace, by name."""
        return {name: Datastore(workspace, name) for name in _folders(workspace).names()}

    @staticmethod
    def get(workspace: Workspace, datastore_name: str) -> Datastore:
        """A datastore by its name; raises `NotFoundError` (`datastore-not-found`)."""
        return Datastore(workspace, datastore_name)

    @staticmethod
    def get_default(workspace: Workspace) -> Datastore:
        """The default datastore of the workspace."""
        return Datastore(workspace)

    @staticmethod
    def register_folder(workspace: Workspace, name: str) -> Datastore:
        """A datastore of that name, which is made if it is not there; raises `UserError` (`name-invalid`)."""
        return Datastore(workspace, _folders(workspace).make(name).name)

    @property
    def local_path(self) -> str:
        """Where its files are on this machine."""
        return str(self._folder.directory)

    def set_as_default(self) -> None:
        """Make this the default datastore of the workspace."""
        _folders(self.workspace).set_default(self.name)

    def unregister(self) -> None:
        """Forget the datastore and remove its files, which are nowhere else."""
        _folders(self.workspace).remove(self.name)

    def path(self, path: str | None = None, data_reference_name: str | None = None) -> DatastorePath:
        """A place in the datastore, None for its top; raises `UserError` (`datastore-path-invalid`)."""
        return DatastorePath(self, path or "", data_reference_name)

    def upload(
        self, src_dir: str, target_path: str | None = None, overwrite: bool = False, show_progress: bool = True
    ) -> DatastorePath:
        """Copy all files of the folder `src_dir` (or one file) to `target_path`, None for the top; returns that place.

        A file that is there is left as it is unless `overwrite`. Raises `FileNotFoundError` (`upload-missing`).
        """
        folder = Path(src_dir)
        if not folder.is_dir():
            return self.upload_files([src_dir], None, target_path, overwrite, show_progress)
        files = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
        return self.upload_files(files, src_dir, target_path, overwrite, show_progress)

    def upload_files(
        self,
        files: Iterable[str],
        relative_root: str | None = None,
        target_path: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DatastorePath:
        """Copy files to `target_path` by their names, or by their paths below `relative_root`; returns that place.

        A file that is there is left as it is unless `overwrite`. Raises `FileNotFoundError` (`upload-missing`)
        before anything is copied.
        """
        given = [os.fspath(path) for path in files]
        names = [os.path.relpath(path, relative_root) if relative_root else Path(path).name for path in given]
        place = self.path(target_path)
        wanted = [
            (Path(path), place.path(Path(name).as_posix()).path_on_datastore)
            for path, name in zip(given, names, strict=True)
        ]
        self._folder.put(wanted, overwrite=overwrite, tell=_told(show_progress))
        return place

    def download(
        self, target_path: str, prefix: str | None = None, overwrite: bool = False, show_progress: bool = True
    ) -> int:
        """Copy the files at or below `prefix` into the folder `target_path`; returns how many were copied.

        A file that is there is left as it is unless `overwrite`.
        """
        tell = _told(show_progress)
        return self._folder.take(Path(target_path), prefix or "", overwrite=overwrite, tell=tell)

    def as_mount(self) -> DatastorePath:
        """Its top, which is on this machine already."""
        return self.path()

    def as_download(self, path_on_compute: str | None = None) -> DatastorePath:
        """Its top, which is on this machine already; the argument has no effect."""
        return self.path().as_download(path_on_compute)

    def as_upload(self, path_on_compute: str | None = None) -> DatastorePath:
        """Its top, which is on this machine already; the argument has no effect."""
        return self.path().as_upload(path_on_compute)

    register_azure_blob_container = _azure("register_azure_blob_container")
    register_azure_data_lake = _azure("register_azure_data_lake")
    register_azure_data_lake_gen2 = _azure("register_azure_data_lake_gen2")
    register_azure_file_share = _azure("register_azure_file_share")
    register_azure_my_sql = _azure("register_azure_my_sql")
    register_azure_postgre_sql = _azure("register_azure_postgre_sql")
    register_azure_sql_database = _azure("register_azure_sql_database")
    register_dbfs = _azure("register_dbfs")
    register_hdfs = _azure("register_hdfs")


def _folders(workspace: Workspace) -> DatastoreFolders:
    return DatastoreFolders(opened(workspace).directory)


def _told(show_progress: bool) -> Tell:
    return say if show_progress else _quietly


def _quietly(_: str) -> None:
    """Nobody wants to hear of it."""
    return
