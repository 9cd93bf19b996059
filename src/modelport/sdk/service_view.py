"""The attributes of a service, each read anew when it is asked for."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError
from modelport.sdk.arguments import opened
from modelport.services.manager import ServiceManager
from modelport.services.service import Service
from modelport.services.status import LOCAL_WORDS

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class ServiceView:
    """What a service is: read here, changed by the methods of `Webservice`."""

    workspace: Workspace
    name: str
    _last: Service | None
    _gone: str
    _held: Service | None = None
    _compute_type = ""
    _words: Mapping[str, str] = LOCAL_WORDS

    def __repr__(self) -> str:
        with self._looked_at_once():
            return (
                f"{type(self).__name__}(workspace={self.workspace!r}, name={self.name}, image_id={self.image_id}, "
                f"compute_type={self.compute_type}, state={self.state}, scoring_uri={self.scoring_uri}, "
                f"tags={self.tags}, properties={self.properties}, created_by={self.created_by})"
            )

    @contextmanager
    def _looked_at_once(self) -> Iterator[None]:
        """Within it every attribute tells of the same moment, and the service is asked once."""
        before, self._held = self._held, self._held or self._now()
        try:
            yield
        finally:
            self._held = before

    @property
    def _manager(self) -> ServiceManager:
        return opened(self.workspace).services

    def _look(self) -> Service:
        self._last = self._manager.get(self.name)
        return self._last

    def _now(self) -> Service | None:
        """The service as it is; None once it is gone."""
        if self._held is not None:
            return self._held
        try:
            return self._look()
        except NotFoundError:
            return None

    def _known(self) -> Service:
        """The service as it is, or as it last was; raises `NotFoundError` if it never was there."""
        return self._now() or self._last or self._look()

    # What it is ---------------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """What the service is, in v1's word for its class."""
        service = self._now()
        return self._words[service.status.state] if service else self._gone

    @property
    def error(self) -> dict[str, Any] | None:
        """Why it does not (or not fully) work, with code, message and remedy; None while all is well."""
        service = self._now()
        if service is None or not service.status.message:
            return None
        failed = next(condition for condition in service.status.conditions if not condition.status)
        return {"code": failed.reason, "message": failed.message, "remedy": failed.remedy}

    @property
    def compute_type(self) -> str:
        """Where it runs, in v1's words: "Local" or "ACI"."""
        return self._compute_type

    @property
    def scoring_uri(self) -> str | None:
        """Where requests go; None while it does not listen yet."""
        return self._known().scoring_uri or None

    @property
    def swagger_uri(self) -> str | None:
        """Where the description of its interface is; None while it does not listen yet."""
        return self._known().swagger_uri or None

    @property
    def auth_enabled(self) -> bool:
        """Whether requests need a key."""
        return self._known().spec.auth_enabled

    @property
    def token_auth_enabled(self) -> bool:
        """Whether requests need a token: never here."""
        return False

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return dict(self._known().spec.tags)

    @property
    def properties(self) -> dict[str, str]:
        """The properties."""
        return dict(self._known().spec.properties)

    @property
    def description(self) -> str:
        """The description, "" if none was given."""
        return self._known().spec.description

    @property
    def created_time(self) -> datetime.datetime:
        """When it was deployed first, in UTC."""
        return self._known().created_at

    @property
    def updated_time(self) -> datetime.datetime:
        """When it was changed last, in UTC."""
        return self._known().updated_at

    @property
    def created_by(self) -> str | None:
        """Who deployed it: not recorded on this machine."""
        return None

    @property
    def image(self) -> str | None:
        """The name of the image that it runs; None where it runs none."""
        built = self._known().built
        return built.image_name or None if built else None

    @property
    def image_id(self) -> str | None:
        """The engine's id of its image; None where it runs none."""
        built = self._known().built
        return built.image or None if built else None

    @property
    def image_digest(self) -> str | None:
        """The digest of its image, which is its id; None where it runs none."""
        return self.image_id

    @property
    def environment(self) -> dict[str, Any]:
        """The definition of its environment; empty for the interpreter that deployed it."""
        return dict(self._known().spec.environment)

    @property
    def models(self) -> list[str]:
        """The models that it serves, as "name:version"."""
        return [model.id for model in self._known().spec.models]

    def update_deployment_state(self) -> None:
        """Read the service again (every property does so by itself); raises `NotFoundError` once it is deleted."""
        self._look()

    def serialize(self) -> dict[str, Any]:
        """The service as JSON-ready words, under v1's keys."""
        with self._looked_at_once():
            return {
                "name": self.name,
                "description": self.description,
                "tags": self.tags,
                "properties": self.properties,
                "state": self.state,
                "createdTime": self.created_time.isoformat(),
                "updatedTime": self.updated_time.isoformat(),
                "error": self.error,
                "computeType": self.compute_type,
                "workspaceName": self.workspace.name,
                "createdBy": self.created_by,
                "imageId": self.image_id,
                "imageDigest": self.image_digest,
                "imageDetails": {"name": self.image} if self.image else None,
                "scoringUri": self.scoring_uri,
                "swaggerUri": self.swagger_uri,
            }
