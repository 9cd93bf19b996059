"""The datastores of a workspace: folders of it that programs copy files into and out of, by name.

    datastores/<name>/   the files
    datastores/.default  the name of the default one, where it is not DEFAULT
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from modelport.errors import NotFoundError, UserError, nearest
from modelport.naming import DATASTORE
from modelport.registry.artifacts import remove_tree
from modelport.storage.files import make_private_directory, storage_failures, write_durably
from modelport.v1_kinds import PathMissingError

DEFAULT = "workspaceblobstore"
"""The name of the datastore that every workspace has, as in v1."""

Tell = Callable[[str], None]


class DatastoreFolder:
    """The files of one datastore."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory

    def place(self, path: str) -> Path:
        """Where `path` of the datastore lies on this machine; raises `UserError` (`datastore-path-invalid`)."""
        asked = PurePosixPath(path.replace("\\", "/"))
        if asked.is_absolute() or ".." in asked.parts:
            raise UserError(
                "datastore-path-invalid",
                f"The path {path!r} does not lie inside the datastore '{self.name}'.",
                "Give a path relative to the datastore, without '..', such as 'models/v1'.",
            )
        return self.directory / asked

    def put(self, files: Iterable[tuple[Path, str]], *, overwrite: bool, tell: Tell) -> None:
        """Copy files to places of the datastore; one that is there is left unless `overwrite`. `tell` hears of each."""
        wanted = [(source, self.place(place)) for source, place in files]
        missing = [source for source, _ in wanted if not source.is_file()]
        if missing:
            raise PathMissingError(
                "upload-missing",
                f"There is no file '{missing[0]}' to be copied into the datastore '{self.name}'; nothing was copied.",
                f"Look at what is there: ls '{missing[0].parent}'",
            )
        _copy(wanted, overwrite, tell)

    def files(self, prefix: str = "") -> Iterator[str]:
        """The paths of the files that lie at or below `prefix`, sorted."""
        within = self.place(prefix)
        found = [within] if within.is_file() else sorted(within.rglob("*"))
        return (path.relative_to(self.directory).as_posix() for path in found if path.is_file())

    def take(self, target: Path, prefix: str, *, overwrite: bool, tell: Tell) -> int:
        """Copy the files at or below `prefix` to `target`, by their whole paths, and return how many were copied."""
        return _copy([(self.directory / path, target / path) for path in self.files(prefix)], overwrite, tell)


def _copy(files: list[tuple[Path, Path]], overwrite: bool, tell: Tell) -> int:
    count = 0
    for source, target in files:
        if target.exists() and not overwrite:
            tell(f"{target} is there already and was left as it is.")
            continue
        with storage_failures(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        tell(f"{source} -> {target}")
        count += 1
    return count


class DatastoreFolders:
    """The datastores of one workspace, whose folder is `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "datastores"
        self._default = self._directory / ".default"

    def get(self, name: str) -> DatastoreFolder:
        """A datastore by its name; raises `NotFoundError` (`datastore-not-found`)."""
        if name == DEFAULT:
            make_private_directory(self._directory / DEFAULT)
        if name not in self.names():
            raise NotFoundError(
                "datastore-not-found",
                f"There is no datastore {name!r}. {nearest(str(name), [DEFAULT, *self.names()])}",
                "Make one: Datastore.register_folder(ws, 'NAME')",
            )
        return DatastoreFolder(name, self._directory / name)

    def make(self, name: str) -> DatastoreFolder:
        """A datastore of that name, which is made if it is not there; raises `UserError` (`name-invalid`)."""
        return DatastoreFolder(name, make_private_directory(self._directory / DATASTORE.check(name)))

    def names(self) -> list[str]:
        """The names of all datastores, sorted; the default one is always among them."""
        made = {path.name for path in self._directory.glob("[!.]*") if path.is_dir()}
        return sorted(made | {DEFAULT})

    @property
    def default_name(self) -> str:
        """The name of the default datastore."""
        with storage_failures(self._default):
            chosen = self._default.read_text(encoding="utf-8").strip() if self._default.is_file() else DEFAULT
        return chosen if chosen in self.names() else DEFAULT

    def set_default(self, name: str) -> None:
        """Make a datastore the default one; raises `NotFoundError` (`datastore-not-found`)."""
        self.get(name)
        make_private_directory(self._directory)
        write_durably(self._default, name.encode())

    def remove(self, name: str) -> None:
        """Forget a datastore and its files; raises `NotFoundError` (`datastore-not-found`)."""
        remove_tree(self.get(name).directory)
