"""The images of one workspace: what doors and targets call to build, find, publish and delete them.

A wish (`images.wish`) says what an image is made of. `build` blocks until there is one; `begin` returns at once with a
record whose build goes on in a thread of this program. What a record says stands in the catalogue, so that every
process sees how far a build is; its log is kept whole, also when the build fails.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from modelport.errors import ConflictError, DeploymentError, ModelportError, ProtocolError
from modelport.images import making, publishing, removal
from modelport.images.background import BackgroundBuilds
from modelport.images.build.kept_log import KeptLog, Report, lines_of, silent, text_of
from modelport.images.contents.layers import ImageCost, image_cost
from modelport.images.making import Draft, ImageParts
from modelport.images.recipe.runtime import runtime_files
from modelport.images.record import LOG_FILE, ImageChange, ImageQuery, ImageRecord
from modelport.images.registries.credentials import CredentialStore
from modelport.images.registries.reference import parse_reference
from modelport.images.registries.transfer import PushResult
from modelport.images.store import ImageStore
from modelport.images.trial import ask_image
from modelport.images.wish import ImageWish
from modelport.images.wished import check_wish
from modelport.process import Cancelled

_POLL_SECONDS = 0.2
OnLine = Callable[[str], None]


def ignore(_: object) -> None:
    """Nobody listens."""
    return


class ImageManager:
    """Builds, finds, publishes and deletes the images of one workspace."""

    def __init__(self, parts: ImageParts) -> None:
        self._parts = parts
        self._background = BackgroundBuilds()

    @property
    def store(self) -> ImageStore:
        """The records."""
        return self._parts.store

    # -- building ----------------------------------------------------------------------------------------------------

    def build(self, wish: ImageWish, report: Report = silent) -> ImageRecord:
        """Make the image that is wished, or find it, and return its record; `report` sees each line of the log.

        What the engine holds already, from an equal context, is not built again. Raises `UserError`, `ScriptError`,
        `NotFoundError` and `EngineError` before anything is recorded; what a build raises stands in the record too.
        """
        self._check(wish)
        with self.store.folders.drafted() as folder:
            return self._finish(Draft(wish, folder, KeptLog(folder / LOG_FILE, report)), None)

    def begin(self, wish: ImageWish) -> ImageRecord:
        """Record the image that is wished and return while it is built; `wait` sees it through. Raises as `build`.

        A program that ends waits for its builds; Ctrl-C cancels them.
        """
        self._check(wish)
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(self.store.folders.drafted())
            record = self.store.add(wish, folder)
            held = stack.pop_all()  # the folder stays in our hands until the thread has ended

        def work() -> None:
            with held, contextlib.suppress(ModelportError, Cancelled):  # both stand in the record
                self._finish(Draft(wish, folder, KeptLog(folder / LOG_FILE, silent)), record)

        self._background.start(record.id, work)
        return record

    def _check(self, wish: ImageWish) -> None:
        check_wish(wish, self._parts.models, self._parts.check_script)
        if wish.reference:
            parse_reference(wish.reference)
        self._parts.engine()
        # Parsed here once: CPython 3.11 may fail ("AST constructor recursion depth mismatch") if two threads parse.
        runtime_files()

    def _finish(self, draft: Draft, record: ImageRecord | None) -> ImageRecord:
        """See a build through; whatever ends it stands in the record before it is raised."""
        try:
            if record is None and not draft.wish.may_share_record:
                record = self.store.add(draft.wish, draft.folder)
            planned = making.plan(self._parts, draft)
            same = None if record else self._same(draft.wish, planned.digest)
            if same is not None:
                draft.log(f"Image {same.full_name} was built from the same context; nothing is built.")
                self.store.folders.remove(draft.folder.name)
                return same
            record = record or self.store.add(draft.wish, draft.folder)
            return making.make(self._parts, draft, record, planned)
        except BaseException as error:
            shutil.rmtree(draft.scratch, ignore_errors=True)
            self._record_failure(draft, record or self.store.add(draft.wish, draft.folder), error)
            raise

    def _same(self, wish: ImageWish, context_digest: str) -> ImageRecord | None:
        """The record of an equal image that the engine still holds."""
        equal = self.store.equal(wish, context_digest)
        return next((record for record in equal if making.is_there(self._parts, record)), None)

    def _record_failure(self, draft: Draft, record: ImageRecord, error: BaseException) -> None:
        if isinstance(error, (KeyboardInterrupt, Cancelled)):
            what = f"The build of image '{record.full_name}' was cancelled."
            self.store.fail(record, "Cancelled", DeploymentError("image-build-cancelled", what, step="build"))
        elif isinstance(error, ModelportError):
            self.store.fail(record, "Failed", error)
        else:
            what = f"This is a bug in Modelport: {type(error).__name__}: {error}"
            self.store.fail(record, "Failed", ProtocolError("internal-error", what))
        found = self.store.again(record)
        with contextlib.suppress(ModelportError):  # a full disk must not hide what broke the build
            draft.log(f"{found.state}: {found.error['message']}")

    def wait(
        self, record: ImageRecord, on_line: OnLine = ignore, on_poll: Callable[[ImageRecord], object] = ignore
    ) -> ImageRecord:
        """Block until the build has ended, whoever does it; `on_line` sees its log, `on_poll` the record now and then.

        Ctrl-C cancels a build of this program and goes on. Returns the record, also of a failed build.
        """
        latest = record

        def has_ended() -> bool:
            nonlocal latest
            latest = self.store.again(record)
            on_poll(latest)
            return latest.has_ended

        try:
            for line in lines_of(record.log_file, has_ended, lambda: time.sleep(_POLL_SECONDS)):
                on_line(line)
        except KeyboardInterrupt:
            self.cancel(record)
            raise
        return latest

    def cancel(self, record: ImageRecord) -> bool:
        """Cancel a build that this program does in the background; False if there is none."""
        return self._background.cancel(record.id)

    # -- questions ---------------------------------------------------------------------------------------------------

    def list(self, query: ImageQuery | None = None) -> list[ImageRecord]:
        """The records that match, by name, the newest version first."""
        return self.store.find(query)

    def get(self, name: str, version: int | None = None) -> ImageRecord:
        """One record, of the newest version if none is given; raises `NotFoundError` (`image-not-found`)."""
        return self.store.get(name, version)

    def log(self, record: ImageRecord, offset_bytes: int = 0) -> bytes:
        """The log of the build, whole or from a place on."""
        return text_of(record.log_file, offset_bytes)

    def follow(self, record: ImageRecord) -> Iterator[str]:
        """The lines of the log until the build has ended."""
        return lines_of(
            record.log_file, lambda: self.store.again(record).has_ended, lambda: time.sleep(_POLL_SECONDS)
        )

    def update(self, record: ImageRecord, change: ImageChange) -> ImageRecord:
        """Change tags, add properties; raises as `ImageStore.update` does."""
        return self.store.update(record, change)

    # -- publishing, saving, deleting ----------------------------------------------------------------------------------

    def push(self, record: ImageRecord, target: str, on_line: OnLine = ignore) -> PushResult:
        """Push the image to `target`: a name with a tag, or the address of a registry for the image's own name there.

        Only layers that the registry lacks are sent. The record says from then on where it is. Raises
        `ConflictError` (`image-not-built`), `NotFoundError` (`image-not-local`) and what registries refuse with.
        """
        return publishing.push_image(self._parts, self.built(record), target, on_line)

    def pull(self, record: ImageRecord, on_line: OnLine = ignore) -> ImageRecord:
        """Bring an image that was pushed back into the engine, by its digest; one that is there is left as it is.

        Raises `NotFoundError` (`image-not-local`) for one that was never pushed, and what registries refuse with.
        """
        return publishing.pull_image(self._parts, self.built(record), on_line)

    def adopt(self, reference: str, on_line: OnLine = ignore) -> ImageRecord:
        """Pull the image that anybody pushed as `reference`, and record it here under the name that it bears itself.

        One that is recorded already gives that record. Raises `UserError` (`image-reference-invalid`,
        `image-not-of-modelport`) and what registries refuse with.
        """
        return publishing.adopt_image(self._parts, reference, on_line)

    def built(self, record: ImageRecord) -> ImageRecord:
        """The record as it is now, if its image was built; raises `ConflictError` (`image-not-built`)."""
        found = self.store.again(record)
        if found.state == "Succeeded" and found.image_id:
            return found
        kept = " It is a Dockerfile with its context." if found.state == "Succeeded" else ""
        raise ConflictError(
            "image-not-built",
            f"There is no image behind '{found.full_name}': its state is {found.state}.{kept}",
            f"See why: modelport image logs {found.full_name}",
        )

    def try_out(self, record: ImageRecord, body: bytes) -> bytes:
        """The answer of the image's script to `body`, by a container that is made for it and removed again.

        Raises `ConflictError` (`image-not-built`), `DeploymentError` (`image-run-failed`), `ScoringError`.
        """
        return ask_image(self._parts.engine(), self.built(record).image_id, body)

    def cost(self, record: ImageRecord) -> ImageCost:
        """What each layer of the image weighs, and its five largest packages; raises as `built` and the engine do."""
        return image_cost(self._parts.engine(), self.built(record).image_id)

    def bill(self, record: ImageRecord) -> bytes:
        """The bill of materials of the image (CycloneDX, JSON), from its lock and what is installed in it."""
        return publishing.bill_of(self._parts, self.built(record))

    def attach_bill(self, record: ImageRecord, bill: bytes) -> str:
        """Attach a bill to the image in the registry that it was pushed to; returns the bill's digest there.

        Raises `ConflictError` (`image-not-pushed`) and what registries refuse with.
        """
        return publishing.attach(self._parts, self.built(record), bill)

    def save_context(self, record: ImageRecord, target: Path) -> Path:
        """Copy the Dockerfile and the context that were asked for into the folder `target`, made if missing.

        Raises `ConflictError` (`image-not-built`), `UserError` (`output-not-a-folder`, `context-not-kept`).
        """
        return publishing.save_context(self.store.again(record), target)

    def delete(self, record: ImageRecord) -> None:
        """Delete a record with its log, and its names in the engine; layers that others share stay there.

        Raises `ConflictError` (`image-in-use`, `image-being-built`), `NotFoundError` (`image-not-found`).
        """
        removal.delete(self._parts, self.store.again(record))

    def unused(self, *, every_kind: bool = False) -> Sequence[ImageRecord]:
        """The images that were made for services and that none runs any more; `every_kind`: also those made by hand."""
        return removal.unused(self._parts, every_kind=every_kind)

    def prune(self, records: Iterable[ImageRecord]) -> Sequence[ImageRecord]:
        """Delete these images, but for those that a service has begun to run meanwhile; returns what was deleted."""
        return removal.prune(self._parts, records)

    def forget_all(self) -> None:
        """Take the names of all images out of the engine, and their layers where nothing else needs them."""
        removal.forget_all(self._parts)

    def with_logins(self, credentials: CredentialStore) -> ImageManager:
        """The same images, with other logins at registries."""
        other = ImageManager(replace(self._parts, credentials=credentials))
        other._background = self._background
        return other
