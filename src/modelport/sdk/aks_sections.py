"""The groups of attributes that `AksWebservice` shows, each with the keys that v1 writes it under."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from modelport.errors import UserError

_Made = TypeVar("_Made", bound="_Section")


class _Section:
    """Attributes that are written as a dictionary; `_keys` maps each attribute to its key, in v1's order."""

    _keys: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._keys)
        return f"{type(self).__name__}({given})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).items()))

    def serialize(self) -> dict[str, Any]:
        """The section as JSON-ready words, under v1's keys."""
        return {key: getattr(self, name) for name, key in self._keys.items()}


def _read(kind: type[_Made], payload: Mapping[str, Any] | None) -> _Made | None:
    """The section that `serialize` described; raises `UserError` (`argument-invalid`) where a key is missing."""
    if payload is None:
        return None
    missing = [key for key in kind._keys.values() if key not in payload]
    if missing:
        raise UserError(
            "argument-invalid",
            f"{kind.__name__} needs {', '.join(missing)}; there is {', '.join(payload) or 'nothing'}.",
            f"Give what {kind.__name__}.serialize() returned.",
        )
    return kind(**{name: payload[key] for name, key in kind._keys.items()})


class AutoScaler(_Section):
    """Between how many replicas a service is scaled, every how many seconds, at what percentage of busy ones."""

    _keys: ClassVar[Mapping[str, str]] = {
        "autoscale_enabled": "autoscaleEnabled", "min_replicas": "minReplicas", "max_replicas": "maxReplicas",
        "refresh_period_seconds": "refreshPeriodInSeconds", "target_utilization": "targetUtilization",
    }  # fmt: skip

    def __init__(
        self,
        autoscale_enabled: bool | None,
        max_replicas: int | None,
        min_replicas: int | None,
        refresh_period_seconds: int | None,
        target_utilization: int | None,
    ) -> None:
        self.autoscale_enabled = autoscale_enabled
        self.max_replicas = max_replicas
        self.min_replicas = min_replicas
        self.refresh_period_seconds = refresh_period_seconds
        self.target_utilization = target_utilization

    @staticmethod
    def deserialize(payload_obj: Mapping[str, Any] | None) -> AutoScaler | None:
        """The section that `serialize` described; raises `UserError` (`argument-invalid`) where a key is missing."""
        return _read(AutoScaler, payload_obj)


class ContainerResourceRequirements(_Section):
    """What a replica asks for and may take at most: cores, gigabytes of memory, graphics processors."""

    _keys: ClassVar[Mapping[str, str]] = {
        "cpu": "cpu", "cpu_limit": "cpuLimit", "memory_in_gb": "memoryInGB", "memory_in_gb_limit": "memoryInGBLimit",
        "gpu": "gpu",
    }  # fmt: skip

    def __init__(
        self,
        cpu: float | None,
        memory_in_gb: float | None,
        gpu: int | None = None,
        cpu_limit: float | None = None,
        memory_in_gb_limit: float | None = None,
    ) -> None:
        self.cpu = cpu
        self.cpu_limit = cpu_limit
        self.memory_in_gb = memory_in_gb
        self.memory_in_gb_limit = memory_in_gb_limit
        self.gpu = gpu

    @staticmethod
    def deserialize(payload_obj: Mapping[str, Any] | None) -> ContainerResourceRequirements | None:
        """The section that `serialize` described; raises `UserError` (`argument-invalid`) where a key is missing."""
        return _read(ContainerResourceRequirements, payload_obj)


class LivenessProbeRequirements(_Section):
    """When a replica that does not answer counts as dead; times in seconds."""

    _keys: ClassVar[Mapping[str, str]] = {
        "period_seconds": "periodSeconds", "initial_delay_seconds": "initialDelaySeconds",
        "timeout_seconds": "timeoutSeconds", "success_threshold": "successThreshold",
        "failure_threshold": "failureThreshold",
    }  # fmt: skip

    def __init__(
        self,
        period_seconds: int | None,
        initial_delay_seconds: int | None,
        timeout_seconds: int | None,
        success_threshold: int | None,
        failure_threshold: int | None,
    ) -> None:
        self.period_seconds = period_seconds
        self.timeout_seconds = timeout_seconds
        self.initial_delay_seconds = initial_delay_seconds
        self.failure_threshold = failure_threshold
        self.success_threshold = success_threshold

    @staticmethod
    def deserialize(payload_obj: Mapping[str, Any] | None) -> LivenessProbeRequirements | None:
        """The section that `serialize` described; raises `UserError` (`argument-invalid`) where a key is missing."""
        return _read(LivenessProbeRequirements, payload_obj)


class DataCollection(_Section):
    """Where the data of a service are collected: in files (`storage_enabled`); there are no event hubs here."""

    _keys: ClassVar[Mapping[str, str]] = {"event_hub_enabled": "eventHubEnabled", "storage_enabled": "storageEnabled"}

    def __init__(self, event_hub_enabled: bool | None, storage_enabled: bool | None) -> None:
        self.event_hub_enabled = event_hub_enabled
        self.storage_enabled = storage_enabled

    @staticmethod
    def deserialize(payload_obj: Mapping[str, Any] | None) -> DataCollection | None:
        """The section that `serialize` described; raises `UserError` (`argument-invalid`) where a key is missing."""
        return _read(DataCollection, payload_obj)


class AksServiceAccessToken(_Section):
    """A token for requests, and when to ask for the next one; it is not shown."""

    _keys: ClassVar[Mapping[str, str]] = {
        "access_token": "accessToken", "token_type": "tokenType", "refresh_after": "refreshAfter",
        "expiry_on": "expiryOn",
    }  # fmt: skip

    def __init__(
        self, access_token: str, token_type: str, refresh_after: datetime.datetime, expiry_on: datetime.datetime
    ) -> None:
        self.access_token = access_token
        self.token_type = token_type
        self.refresh_after = refresh_after
        self.expiry_on = expiry_on

    def __repr__(self) -> str:
        return f"AksServiceAccessToken(access_token='…', refresh_after={self.refresh_after!r})"

    @staticmethod
    def deserialize(payload_obj: Mapping[str, Any] | None) -> AksServiceAccessToken | None:
        """The token that `serialize` described; raises `UserError` (`argument-invalid`) where a key is missing."""
        return _read(AksServiceAccessToken, payload_obj)


class VersionType(Enum):
    """What a version of an endpoint is in a comparison: the control, or one that is compared with it."""

    control = "Control"
    treatment = "Treatment"
