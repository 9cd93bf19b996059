"""How a service runs on a cluster: how many replicas, with what resources, when one counts as dead.

Names and defaults are those of v1's `AksWebservice.deploy_configuration`, which is the vocabulary of `cluster_of`.
What such a configuration says beside it (limits, keys, labels) stands where every target has it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeGuard

from modelport.errors import ProtocolError, UserError
from modelport.manifest import build_part
from modelport.services.endpoint import WHOLE_PERCENT, Version

NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Autoscaling:
    """Between how many replicas, how often (seconds) and at what part of busy ones (percent) the number changes."""

    enabled: bool = True
    min_replicas: int = 1
    max_replicas: int = 10
    refresh_seconds: int = 1
    target_utilization: int = 70


@dataclass(frozen=True)
class Resources:
    """What one replica asks for, and the most that it may take (None: no limit); memory in gigabytes."""

    cpu_cores: float = 0.1
    memory_gb: float = 0.5
    cpu_cores_limit: float | None = None
    memory_gb_limit: float | None = None
    gpu_cores: int = 0


@dataclass(frozen=True)
class Probe:
    """When a replica that does not answer counts as dead."""

    period_seconds: int = 10
    initial_delay_seconds: int = 310
    timeout_seconds: int = 2
    success_threshold: int = 1
    failure_threshold: int = 3


@dataclass(frozen=True)
class Cluster:
    """What a service on a cluster has beside every service.

    `num_replicas` counts where autoscaling is off; an empty `namespace` or `compute_target_name` means the workspace's
    own. `versions` are those of an endpoint, in the order of their making; a service without any is no endpoint.
    """

    autoscaling: Autoscaling = Autoscaling()
    num_replicas: int | None = None
    resources: Resources = Resources()
    probe: Probe = Probe()
    namespace: str = ""
    compute_target_name: str = ""
    token_auth_enabled: bool = False
    collect_model_data: bool = False
    enable_app_insights: bool = False
    blobfuse_enabled: bool = True
    versions: tuple[Version, ...] = field(default=())

    @classmethod
    def from_json(cls, words: Any, damaged: Callable[[str], ProtocolError]) -> Cluster:
        """The inverse of `dataclasses.asdict`; raises what `damaged` makes of the reason why that cannot be done."""
        groups: dict[str, type[Any]] = {"autoscaling": Autoscaling, "resources": Resources, "probe": Probe}
        if not isinstance(words, dict) or not isinstance(words.get("versions", []), (list, tuple)):
            raise damaged("'cluster' is not what it is made of")
        built = {
            name: build_part(groups[name], value, f"cluster.{name}", damaged) if name in groups else value
            for name, value in words.items()
        }
        versions = words.get("versions", ())
        built["versions"] = tuple(build_part(Version, one, "cluster.versions", damaged) for one in versions)
        return build_part(cls, built, "cluster", damaged)


# Group -> how its fields begin in the flat vocabulary.
_PREFIXES = {"autoscaling": "autoscale_", "resources": "", "probe": ""}


def cluster_of(words: Mapping[str, Any], before: Cluster | None = None) -> Cluster:
    """The cluster options that v1's words mean, beside those of `before`; a word that is not given stays.

    Raises `UserError` (`cluster-config-invalid`) with all that is wrong, one line each.

    >>> cluster_of({"autoscale_enabled": True, "autoscale_max_replicas": 4}).autoscaling.max_replicas
    4
    >>> cluster_of({"num_replicas": 3}).autoscaling.enabled
    False
    """
    check_words(words)
    base = before or Cluster()
    changed: dict[str, Any] = {}
    for group, prefix in _PREFIXES.items():
        old = getattr(base, group)
        named = {item.name: words[prefix + item.name] for item in fields(old) if prefix + item.name in words}
        changed[group] = replace(old, **named)
    rest = {item.name for item in fields(Cluster)} - _PREFIXES.keys()
    changed.update({name: value for name, value in words.items() if name in rest})
    if "num_replicas" in words:
        changed["autoscaling"] = replace(changed["autoscaling"], enabled=False)
    elif changed["autoscaling"].enabled:
        changed["num_replicas"] = None
    made = replace(base, **changed)
    _refuse(_limit_problems(made.resources.__dict__))  # a request that was raised, beside a limit that was there
    return made


def check_words(words: Mapping[str, Any]) -> None:
    """Raise `UserError` (`cluster-config-invalid`) that names everything that is wrong with v1's words.

    Words that mean limits and keys, which are no part of `Cluster`, are checked with the others, as v1 does.
    """
    _refuse(problems_of(words))


def _refuse(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise UserError(
            "cluster-config-invalid",
            "\n".join(["The deployment configuration is not valid:", *found]),
            "Example: AksWebservice.deploy_configuration(autoscale_enabled=True, autoscale_min_replicas=2, "
            "autoscale_max_replicas=10, cpu_cores=1, memory_gb=1)",
        )


_PROBING = tuple(item.name for item in fields(Probe))
_COUNTING = ("scoring_timeout_ms", "replica_max_concurrent_requests", "max_request_wait_time", "num_replicas")
_SCALING = (
    "autoscale_min_replicas", "autoscale_max_replicas", "autoscale_refresh_seconds", "autoscale_target_utilization",
)  # fmt: skip


def problems_of(words: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is wrong with v1's words, a line for each."""
    yield from _limit_problems(words)
    for name in _PROBING:
        yield from _not_above_zero(words, name, whole=True)
    namespace = words.get("namespace")
    if namespace and not (isinstance(namespace, str) and NAMESPACE.fullmatch(namespace)):
        yield f"namespace must be a valid name in Kubernetes ({NAMESPACE.pattern}); it is {namespace!r}."
    for name in _COUNTING:
        yield from _not_above_zero(words, name, whole=True)
    yield from _scaling_problems(words)
    if words.get("token_auth_enabled") and words.get("auth_enabled"):
        yield "auth_enabled and token_auth_enabled are both True: requests bring a key or a token, not either."
    share = words.get("traffic_percentile")
    if share is not None and not (_is_number(share) and 0 <= share <= WHOLE_PERCENT):
        yield f"traffic_percentile must be a number from 0 to 100; it is {share!r}."


def _limit_problems(words: Mapping[str, Any]) -> Iterator[str]:
    for name in ("cpu_cores", "memory_gb"):
        yield from _not_above_zero(words, name)
        yield from _not_above_zero(words, f"{name}_limit")
        asked, limit = words.get(name), words.get(f"{name}_limit")
        if _is_number(asked) and _is_number(limit) and 0 < limit < asked:
            yield f"{name}_limit must not be less than {name}; it is {limit!r}, and {name} is {asked!r}."
    gpus = words.get("gpu_cores")
    if gpus is not None and not (_is_number(gpus, whole=True) and gpus >= 0):
        yield f"gpu_cores must be a whole number from 0 on; it is {gpus!r}."


def _scaling_problems(words: Mapping[str, Any]) -> Iterator[str]:
    enabled, replicas = words.get("autoscale_enabled"), words.get("num_replicas")
    if not enabled:
        if enabled is False and not replicas:
            yield "autoscale_enabled is False, and num_replicas does not say how many replicas there are to be."
        for name in _SCALING:
            if words.get(name) is not None:
                yield f"{name} is given without autoscale_enabled=True."
        return
    if replicas:
        yield f"autoscale_enabled is True, and num_replicas={replicas!r} fixes the number of replicas."
    for name in _SCALING[:2]:
        yield from _not_above_zero(words, name, whole=True)
    fewest, most = words.get(_SCALING[0], 0), words.get(_SCALING[1], 0)
    if _is_number(fewest) and _is_number(most) and fewest > most > 0:
        yield f"autoscale_min_replicas ({fewest}) is greater than autoscale_max_replicas ({most})."
    for name in _SCALING[2:]:
        yield from _not_above_zero(words, name, whole=True)


def _not_above_zero(words: Mapping[str, Any], name: str, *, whole: bool = False) -> Iterator[str]:
    value = words.get(name)
    if value is not None and not (_is_number(value, whole=whole) and 0 < value < math.inf):
        yield f"{name} must be {'a whole' if whole else 'a'} number greater than zero; it is {value!r}."


def _is_number(value: object, *, whole: bool = False) -> TypeGuard[float]:
    return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
