"""The resources that a model asks for when it is deployed without further words."""

from __future__ import annotations

from collections.abc import Mapping

from modelport.errors import UserError


class ResourceConfiguration:
    """How much a model needs to run: processor cores, memory in gigabytes, graphics processors; None is no wish.

    >>> ResourceConfiguration(cpu=1, memory_in_gb=0.5).serialize()
    {'cpu': 1, 'memoryInGB': 0.5, 'gpu': None}
    """

    def __init__(self, cpu: float | None = None, memory_in_gb: float | None = None, gpu: int | None = None) -> None:
        for name, value in (("cpu", cpu), ("memory_in_gb", memory_in_gb), ("gpu", gpu)):
            _check(name, value)
        self.cpu = cpu
        self.memory_in_gb = memory_in_gb
        self.gpu = gpu

    def __repr__(self) -> str:
        return f"ResourceConfiguration(cpu={self.cpu}, memory_in_gb={self.memory_in_gb}, gpu={self.gpu})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceConfiguration) and self.serialize() == other.serialize()

    def __hash__(self) -> int:
        return hash((self.cpu, self.memory_in_gb, self.gpu))

    def serialize(self) -> dict[str, float | int | None]:
        """The configuration as JSON-ready words: `cpu`, `memoryInGB`, `gpu`."""
        return {"cpu": self.cpu, "memoryInGB": self.memory_in_gb, "gpu": self.gpu}

    @staticmethod
    def deserialize(payload_obj: Mapping[str, float | int | None] | None) -> ResourceConfiguration | None:
        """The configuration in what `serialize` returned; None stays None."""
        if payload_obj is None:
            return None
        gpu = payload_obj.get("gpu")
        return ResourceConfiguration(
            payload_obj.get("cpu"), payload_obj.get("memoryInGB"), None if gpu is None else int(gpu)
        )


def _check(name: str, value: object) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is None or (is_number and float(str(value)) >= 0):
        return
    raise UserError(
        "argument-invalid",
        f"ResourceConfiguration: {name} is {value!r}; a number from 0 on is needed.",
        "Example: ResourceConfiguration(cpu=1, memory_in_gb=0.5)",
    )
