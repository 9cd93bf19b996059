"""Reads what the files that KUBECONFIG names (else ~/.kube/config) say of clusters; nothing of them is kept.

A context is a cluster with a user: what `kubectl --context NAME` talks to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelport.errors import UserError, nearest
from modelport.v1_kinds import ComputeNotFoundError

_KINDS = {"clusters": "cluster", "contexts": "context", "users": "user"}


@dataclass(frozen=True)
class Context:
    """One context: its name, the address of its cluster, and the file that has it."""

    name: str
    server: str
    file: Path


def files_in(environ: Mapping[str, str]) -> list[Path]:
    """The files that would be read, whether they are there or not, the most important first."""
    named = [Path(entry).expanduser() for entry in environ.get("KUBECONFIG", "").split(os.pathsep) if entry]
    return named or [Path(environ.get("HOME") or "~").expanduser() / ".kube" / "config"]


def contexts_in(environ: Mapping[str, str]) -> dict[str, Context]:
    """The contexts by name; the first file that has a name counts. Raises `UserError` (`kubeconfig-invalid`)."""
    found: dict[str, Context] = {}
    for path in files_in(environ):
        words = _read(path)
        servers = {name: cluster.get("server", "") for name, cluster in _named(words, "clusters", "cluster")}
        for name, context in _named(words, "contexts", "context"):
            found.setdefault(name, Context(name, str(servers.get(str(context.get("cluster")), "")), path))
    return found


def context_called(name: str, environ: Mapping[str, str]) -> Context:
    """One context; raises `NotFoundError` (`context-not-found`), `UserError` (`kubeconfig-invalid`)."""
    known = contexts_in(environ)
    if name in known:
        return known[name]
    where = " and ".join(f"'{path}'" for path in files_in(environ))
    raise ComputeNotFoundError(
        "context-not-found",
        f"There is no context '{name}' in {where}. {nearest(name, known)}".rstrip(),
        "See which there are: kubectl config get-contexts; a name can be given to one with "
        f"kubectl config rename-context OLD {name}",
    )


def alone(context: Context) -> dict[str, Any]:
    """A configuration that has this context, its cluster and its user, and no other; it holds credentials."""
    words = _read(context.file)
    own = dict(_named(words, "contexts", "context"))[context.name]
    kept = {"contexts": context.name, "clusters": own.get("cluster"), "users": own.get("user")}
    parts = {
        kind: [entry for entry in words.get(kind) or () if entry.get("name") == name]
        for kind, name in kept.items()
    }
    return {"apiVersion": "v1", "kind": "Config", "current-context": context.name, **parts}


def _read(path: Path) -> dict[str, Any]:
    """The content of one file; one that is not there is empty, as for kubectl. What it lists is of the right kind."""
    import yaml

    try:
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"line {_line_of(error)}: it is no YAML"
        raise _invalid(path, str(reason)) from None  # the cause may quote a line with a credential
    if words is None:
        return {}
    if not isinstance(words, dict):
        raise _invalid(path, "it is not a mapping")
    for kind, part in _KINDS.items():
        entries = words.get(kind) or []
        if not isinstance(entries, list) or not all(_is_entry(entry, part) for entry in entries):
            raise _invalid(path, f"its {kind} are no list of names, each with a {part}")
    return words


def _is_entry(entry: object, part: str) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get(part) or {}, dict)


def _line_of(error: Exception) -> object:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else "?"


def _invalid(path: Path, reason: str) -> UserError:
    return UserError(
        "kubeconfig-invalid",
        f"The Kubernetes configuration '{path}' cannot be read ({reason}).",
        "See what kubectl says of it: kubectl config view",
    )


def _named(words: Mapping[str, Any], kind: str, part: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The named entries of one kind, in their order."""
    for entry in words.get(kind) or ():
        if entry.get("name"):
            yield str(entry["name"]), entry.get(part) or {}
