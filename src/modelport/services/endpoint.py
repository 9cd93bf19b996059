"""The versions of an endpoint: which of them answers which part of its requests. Pure rules, no cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelport.errors import ConflictError, NotFoundError, UserError, nearest
from modelport.naming import SERVICE

VERSIONS_MAX = 6
WHOLE_PERCENT = 100


@dataclass(frozen=True)
class Version:
    """One version: the revision of the service that it is (0: the one that is being made), and what it answers.

    `traffic_percentile` counts in percent; what is left over belongs to the version with `is_default`. `is_control`
    marks the one that others are compared with.
    """

    name: str
    traffic_percentile: float = 0.0
    is_default: bool = False
    is_control: bool = False
    revision: int = 0


@dataclass(frozen=True)
class VersionChange:
    """What is to become of a version: `verb` is "create", "update" or "delete"; None leaves a part as it is."""

    verb: str
    name: str
    traffic_percentile: float | None = None
    is_default: bool | None = None
    is_control: bool | None = None


def changed(versions: Sequence[Version], change: VersionChange, *, renewed: bool = True) -> tuple[Version, ...]:
    """The versions after a change; `renewed` says that what the version runs changes too, and not its traffic alone.

    Raises `ConflictError` (`version-exists`, `version-in-use`), `NotFoundError` (`version-not-found`), `UserError`
    (`versions-too-many`, `traffic-invalid`, `name-invalid`).
    """
    if change.verb == "delete":
        return _without(versions, change.name)
    made = _created(versions, change) if change.verb == "create" else _updated(versions, change)
    return tuple(replace(one, revision=0) if renewed and one.name == change.name else one for one in made)


def settled(versions: Sequence[Version], revision: int) -> tuple[Version, ...]:
    """The versions with the number of the revision that was being made, now that it is known."""
    return tuple(replace(version, revision=version.revision or revision) for version in versions)


def _created(versions: Sequence[Version], change: VersionChange) -> tuple[Version, ...]:
    """The versions with a new one; the first of all is the default."""
    SERVICE.check(change.name)
    if any(version.name == change.name for version in versions):
        raise ConflictError(
            "version-exists",
            f"The endpoint has a version '{change.name}' already.",
            f"Change it with update_version({change.name!r}, ...), or choose another name.",
        )
    if len(versions) == VERSIONS_MAX:
        names = ", ".join(version.name for version in versions)
        raise UserError(
            "versions-too-many",
            f"The endpoint has {VERSIONS_MAX} versions ({names}), and no more are possible.",
            f"Delete one first: endpoint.delete_version({versions[0].name!r})",
        )
    return _with((*versions, Version(change.name, is_default=not versions)), change)


def _updated(versions: Sequence[Version], change: VersionChange) -> tuple[Version, ...]:
    _find(versions, change.name)
    return _with(versions, change)


def _without(versions: Sequence[Version], name: str) -> tuple[Version, ...]:
    if _find(versions, name).is_default:
        raise ConflictError(
            "version-in-use",
            f"Version '{name}' is the default one: it answers what no other version does.",
            "Make another one the default first: endpoint.update_version(OTHER, is_default=True); or delete the "
            "endpoint with all of its versions: endpoint.delete()",
        )
    return tuple(version for version in versions if version.name != name)


def shares(versions: Sequence[Version]) -> dict[str, float]:
    """The part of the requests that each version answers, in percent; together 100.

    >>> shares([Version("blue", 0, is_default=True), Version("green", 20)])
    {'blue': 80.0, 'green': 20.0}
    """
    left = WHOLE_PERCENT - sum(version.traffic_percentile for version in versions)
    return {
        version.name: float(version.traffic_percentile + (left if version.is_default else 0)) for version in versions
    }


def _with(versions: Sequence[Version], change: VersionChange) -> tuple[Version, ...]:
    """The versions with what `change` says of one of them; there is one default and at most one control."""
    made = []
    for version in versions:
        if version.name == change.name:
            share = version.traffic_percentile if change.traffic_percentile is None else change.traffic_percentile
            control = version.is_control if change.is_control is None else change.is_control
            default = version.is_default or bool(change.is_default)
            version = replace(version, traffic_percentile=share, is_control=control, is_default=default)
        else:
            version = replace(
                version,
                is_default=version.is_default and not change.is_default,
                is_control=version.is_control and not change.is_control,
            )
        made.append(version)
    _check_traffic(made)
    return tuple(made)


def _check_traffic(versions: Sequence[Version]) -> None:
    told = ", ".join(f"{version.name}: {version.traffic_percentile:g}" for version in versions)
    if sum(version.traffic_percentile for version in versions) > WHOLE_PERCENT:
        raise UserError(
            "traffic-invalid",
            f"The versions of the endpoint would answer more than 100 percent of its requests ({told}).",
            "Lower one of them first: endpoint.update_version(NAME, traffic_percentile=...)",
        )


def _find(versions: Sequence[Version], name: str) -> Version:
    for version in versions:
        if version.name == name:
            return version
    known = [version.name for version in versions]
    raise NotFoundError(
        "version-not-found",
        f"The endpoint has no version {name!r}. {nearest(str(name), known)}".rstrip(),
        "Look at them: endpoint.versions",
    )
