"""The folders of images, by id, and the lock that says of each that a living process builds it.

    images/<id>/build.log    the log of the build, whole, from the first line on
                Dockerfile   what it was built from
                build.lock   held while it is built; the kernel lets go of it when the process ends, however it ends
                build/       the context while it is built; removed when the build ends
                context/     the context that was asked for instead of an image
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from modelport.naming import new_id
from modelport.storage.files import locked, make_private_directory

BUILD_FOLDER = "build"
_LOCK = "build.lock"


class ImageFolders:
    """One folder for each image below `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def drafted(self) -> Iterator[Path]:
        """A folder for an image that nobody can see yet (its name is the id), in the hands of this block."""
        with ExitStack() as stack:
            with locked(self._collecting_lock(), shared=True):  # nobody takes it for a leftover before it is locked
                folder = make_private_directory(self.directory / new_id())
                stack.enter_context(locked(folder / _LOCK))
            yield folder

    def is_building(self, image_id: str) -> bool:
        """Whether a living process builds the image."""
        folder = self.directory / image_id
        if not (folder / _LOCK).exists():
            return False
        with locked(folder / _LOCK, shared=True, wait=False) as free:
            return not free

    def remove(self, image_id: str) -> None:
        """Remove a folder; gone already is no error."""
        shutil.rmtree(self.directory / image_id, ignore_errors=True)

    def abandoned(self, recorded: Collection[str], *, remove: bool) -> tuple[str, ...]:
        """What builds left that were killed: folders of no record, and contexts of builds that are over.

        What a living process builds right now is left out; `remove` takes the rest away.
        """
        if not self.directory.is_dir():
            return ()
        left: list[Path] = []
        with locked(self._collecting_lock()):
            for folder in sorted(path for path in self.directory.iterdir() if path.is_dir()):
                if self.is_building(folder.name):
                    continue
                place = folder if folder.name not in recorded else folder / BUILD_FOLDER
                left += [place] if place.exists() else []
            for place in left if remove else ():
                shutil.rmtree(place, ignore_errors=True)
        return tuple(str(path.relative_to(self.directory.parent)) for path in left)

    def _collecting_lock(self) -> Path:
        make_private_directory(self.directory)
        return self.directory.with_name("images.lock")
