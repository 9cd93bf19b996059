"""The attributes of an image, each read anew when it is asked for."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError
from modelport.images.record import ImageRecord
from modelport.sdk.arguments import opened

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class ImageView:
    """What an image is: read here, changed by the methods of `Image`."""

    workspace: Workspace
    _last: ImageRecord
    _is_deleted: bool

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(workspace={self.workspace!r}, name={self.name}, id={self.id}, "
            f"tags={self.tags}, properties={self.properties}, version={self.version})"
        )

    def _now(self) -> ImageRecord:
        """The record as it is, or as it last was."""
        if not self._is_deleted:
            try:
                self._last = opened(self.workspace).images.store.again(self._last)
            except NotFoundError:
                self._is_deleted = True
        return self._last

    @property
    def name(self) -> str:
        """The image's name."""
        return self._last.name

    @property
    def version(self) -> int:
        """The version, from 1 on."""
        return self._last.version

    @property
    def id(self) -> str:
        """`name:version`."""
        return self._last.full_name

    @property
    def creation_state(self) -> str:
        """NotStarted, Running, Succeeded, Failed or Cancelled; "Deleting" once it is deleted."""
        state = self._now().state
        return "Deleting" if self._is_deleted else state

    @property
    def creation_error(self) -> dict[str, str] | None:
        """Why it was not built, with code, message and remedy; None if nothing went wrong."""
        return dict(self._now().error) or None

    @property
    def image_location(self) -> str | None:
        """Its name in the registry that it was pushed to, else in the engine, known while it is built; None if that
        failed."""
        record = self._now()
        is_to_come = record.state in ("NotStarted", "Running")
        return (record.location or record.reference) if record.image_id or is_to_come else None

    @property
    def image_digest(self) -> str | None:
        """The digest in that registry; None until it is pushed."""
        return self._now().digest or None

    @property
    def image_build_log_uri(self) -> str:
        """The log of the build, as a URL that a browser opens."""
        return self._last.log_file.as_uri()

    @property
    def generated_dockerfile_uri(self) -> str:
        """The Dockerfile that it is built from, as a URL that a browser opens."""
        return self._last.dockerfile.as_uri()

    @property
    def created_time(self) -> datetime.datetime:
        """When it was asked for, in UTC."""
        return self._last.created_at

    @property
    def description(self) -> str:
        """The description, "" if none was given."""
        return self._last.description

    @property
    def tags(self) -> dict[str, str]:
        """The tags; change them with `add_tags` and `remove_tags`."""
        return dict(self._now().tags)

    @property
    def properties(self) -> dict[str, str]:
        """The properties, which never change; new ones may be added."""
        return dict(self._now().properties)

    @property
    def image_type(self) -> str:
        """ "Docker"."""
        return "Docker"

    @property
    def image_flavor(self) -> str:
        """ "WebApiContainer"."""
        return "WebApiContainer"

    @property
    def model_ids(self) -> list[str]:
        """The ids of its models, `name:version`."""
        return list(self._last.models)

    def serialize(self) -> dict[str, Any]:
        """The image as JSON-ready words, under v1's keys."""
        return {
            "name": self.name,
            "id": self.id,
            "version": self.version,
            "description": self.description,
            "tags": self.tags,
            "properties": self.properties,
            "createdTime": self.created_time.isoformat(),
            "creationState": self.creation_state,
            "error": self.creation_error,
            "imageType": self.image_type,
            "imageFlavor": self.image_flavor,
            "imageLocation": self.image_location,
            "imageBuildLogUri": self.image_build_log_uri,
            "generatedDockerfileUri": self.generated_dockerfile_uri,
            "generatedDockerFileUri": self.generated_dockerfile_uri,
            "modelIds": self.model_ids,
            "workspaceName": self.workspace.name,
        }
