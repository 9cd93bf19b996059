"""The conditions of `Webservice.list`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelport.services.service import Service


@dataclass(frozen=True)
class ServiceFilter:
    """Which services are wanted; every condition that is given must hold."""

    target: str | None = None
    model_name: str | None = None
    model_id: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    properties: Mapping[str, str | None] = field(default_factory=dict)

    def matches(self, service: Service) -> bool:
        """Whether a service fulfils the conditions."""
        spec = service.spec
        return (
            self.target in (None, spec.shown_as or spec.target)
            and (self.model_name is None or self.model_name in {model.name for model in spec.models})
            and (self.model_id is None or self.model_id in {model.id for model in spec.models})
            and _holds(self.tags, spec.tags)
            and _holds(self.properties, spec.properties)
        )


def _holds(wanted: Mapping[str, str | None], present: Mapping[str, str]) -> bool:
    return all(key in present and value in (None, present[key]) for key, value in wanted.items())
