"""From what was asked to what it means: requests become specs, model words become versions and paths."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from modelport.errors import ConflictError, NotFoundError, ScriptError, UserError, nearest
from modelport.manifest import Container, Limits, Listen
from modelport.naming import MODEL, SERVICE, parse_model_id
from modelport.registry.catalog import ModelRegistry
from modelport.registry.model import ModelVersion
from modelport.services import endpoint, nocode
from modelport.services.cluster import cluster_of
from modelport.services.parts import Parts
from modelport.services.request import Labels, ModelWord, ScriptRequest, ServiceChange, ServiceRequest
from modelport.services.spec import ModelPlacement, ScriptSpec, ServiceSpec
from modelport.v1_kinds import PathMissingError

_LOCAL_NAME_LENGTH = 30  # as v1 names a model that is given by its path


def resolve(parts: Parts, request: ServiceRequest) -> ServiceSpec:
    """The spec that a request means; raises `UserError`, `ScriptError`, `NotFoundError` for what cannot be meant."""
    SERVICE.check(request.name)
    models = resolve_models(parts.models, request.models)
    needs_one = request.script is None and not request.container.image
    generated = nocode.framework_of(parts.models, models) if needs_one else ""
    environment = request.environment
    if generated and environment is None:
        environment = parts.curated(generated)
    spec = ServiceSpec(
        name=request.name,
        target=request.target,
        script=_script_of(request, generated),
        models=models,
        environment=dict(environment or {}),
        limits=request.limits.check(),
        listen=check_listen(request.listen),
        auth_enabled=request.auth_enabled,
        debug=request.debug,
        nocode=generated,
        container=request.container,
        cluster=request.cluster,
        shown_as=request.shown_as,
    )
    return _labelled(_check_container(spec), request.labels)


def _script_of(request: ServiceRequest, generated: str) -> ScriptSpec:
    """The user's script, a generated one, or none: an image that is given brings its own."""
    if request.script is not None:
        return resolve_script(request.script)
    return nocode.script_of(generated) if generated else ScriptSpec("")


def changed(parts: Parts, spec: ServiceSpec, change: ServiceChange) -> ServiceSpec:
    """The spec that a change leads to; raises as `resolve` does."""
    parts_of_it: dict[str, Any] = {}
    if change.models is not None:
        parts_of_it["models"] = resolve_models(parts.models, change.models)
    if change.script is not None:
        parts_of_it["script"], parts_of_it["nocode"] = resolve_script(change.script), ""
    elif change.models is not None and spec.nocode:
        framework = nocode.framework_of(parts.models, parts_of_it["models"])
        parts_of_it["script"], parts_of_it["nocode"] = nocode.script_of(framework), framework
    if change.environment is not None:
        parts_of_it["environment"] = dict(change.environment)
    if change.limits:
        parts_of_it["limits"] = _replaced(spec.limits, change.limits, "limit").check()
    if change.listen:
        parts_of_it["listen"] = check_listen(_replaced(spec.listen, change.listen, "listen option"))
    if change.container:
        parts_of_it["container"] = _replaced(spec.container, change.container, "container option")
    if change.cluster or change.version:
        cluster = cluster_of(change.cluster, spec.cluster)
        if change.version:
            renewed = bool(parts_of_it or change.cluster)
            cluster = replace(cluster, versions=endpoint.changed(cluster.versions, change.version, renewed=renewed))
        parts_of_it["cluster"] = cluster
    for name in ("auth_enabled", "debug"):
        if getattr(change, name) is not None:
            parts_of_it[name] = getattr(change, name)
    return _labelled(_check_container(replace(spec, **parts_of_it)), change.labels)


def _check_container(spec: ServiceSpec) -> ServiceSpec:
    """Return `spec` if its target knows what a container is told; raises `UserError` (`container-needed`)."""
    if spec.target != "local" or spec.container == Container():
        return spec
    raise UserError(
        "container-needed",
        f"Service '{spec.name}' runs as processes of this machine, which have no image and no limits of their own.",
        "Deploy it to a container (command line: --target container), or leave image, cores and memory out.",
    )


def _labelled(spec: ServiceSpec, labels: Labels) -> ServiceSpec:
    given = {field.name: getattr(labels, field.name) for field in fields(labels)}
    return replace(spec, **{name: value for name, value in given.items() if value is not None})


def _replaced(old: Any, new: Mapping[str, Any], noun: str) -> Any:
    known = [field.name for field in fields(old)]
    for name in new:
        if name not in known:
            raise UserError("option-unknown", f"There is no {noun} '{name}'. {nearest(name, known)}")
    return replace(old, **new)


def check_listen(listen: Listen) -> Listen:
    """Return `listen` if its port is 0 (a free one) or a port number; raises `UserError` (`port-invalid`)."""
    port = listen.port
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise UserError(
            "port-invalid",
            f"The port {port!r} is not valid: a whole number from 1 to 65535 is needed.",
            "Leave the port out for a free one.",
        )
    return listen


def check_limits(limits: Mapping[str, Any]) -> Limits:
    """The limits with those given replaced; raises `UserError` (`limit-invalid`, `option-unknown`)."""
    made: Limits = _replaced(Limits(), limits, "limit")
    return made.check()


# -- the script ----------------------------------------------------------------------------------------------------


def resolve_script(request: ScriptRequest) -> ScriptSpec:
    """Where the script is, by absolute paths; raises `ScriptError` (`script-missing`, `script-outside`)."""
    if not request.source_directory:
        return ScriptSpec(_absolute(request.entry_script), extra_files=_extra_files(request))
    folder = Path(_absolute(request.source_directory))
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise ScriptError(
            "source-directory-missing",
            f"The source directory '{folder}' {what}.",
            "Name an existing folder; the entry script is relative to it.",
        )
    inside = os.path.normpath(folder / request.entry_script)
    if folder not in Path(inside).parents:
        raise ScriptError(
            "script-outside",
            f"The entry script '{request.entry_script}' is not inside the source directory '{folder}'.",
            "Give the entry script relative to the source directory, for example 'score.py'.",
        )
    return ScriptSpec(os.path.relpath(inside, folder), str(folder), _extra_files(request))


def _extra_files(request: ScriptRequest) -> dict[str, str]:
    return {place: _absolute(path) for place, path in request.extra_files.items()}


def _absolute(path: str) -> str:
    return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 - keeps links


# -- the models ----------------------------------------------------------------------------------------------------


def resolve_models(registry: ModelRegistry, words: Iterable[ModelWord]) -> tuple[ModelPlacement, ...]:
    """The placements that model words mean; raises `UserError`, `NotFoundError`, `ConflictError` (`model-twice`)."""
    if isinstance(words, (str, os.PathLike)):
        raise UserError(
            "models-not-a-list", f"The models must be a list; {words!r} is a single one.", f"Write models=[{words!r}]."
        )
    placements = tuple(_placement(registry, word) for word in words)
    seen: dict[tuple[str, int], ModelPlacement] = {}
    for placement in placements:
        other = seen.setdefault((placement.name, placement.version), placement)
        if other is not placement:
            raise ConflictError(
                "model-twice",
                f"The model '{placement.id}' is given twice, so that both would lie in the same folder.",
                "Leave one out; two local files of the same name can be registered under different names.",
            )
    return placements


def _placement(registry: ModelRegistry, word: ModelWord) -> ModelPlacement:
    if isinstance(word, ModelVersion):
        return ModelPlacement(word.name, word.version)
    if not isinstance(word, (str, os.PathLike)):
        raise UserError(
            "model-word-invalid",
            f"{word!r} names no model: a Model, 'name:version' or the path of a file or folder is needed.",
            "List the registered models: modelport model list",
        )
    text = os.fspath(word)
    path = Path(text).expanduser()
    name, colon, version = text.partition(":")
    if isinstance(word, str) and _could_be_registered(name, version) and (colon or not path.exists()):
        found = _registered(registry, text, must_exist=not path.exists())
        if found is not None:
            return found
    return _local(path)


def _could_be_registered(name: str, version: str) -> bool:
    return MODEL.pattern.fullmatch(name) is not None and len(name) <= MODEL.maximum_length and (
        not version or version.isdigit()
    )


def _registered(registry: ModelRegistry, text: str, *, must_exist: bool) -> ModelPlacement | None:
    try:
        found = registry.get(*parse_model_id(text))
    except NotFoundError as error:
        if not must_exist:
            return None
        raise NotFoundError(
            "model-not-found", f"{error.message} There is no file '{text}' in the current folder either.", error.remedy
        ) from error
    return ModelPlacement(found.name, found.version)


def _local(path: Path) -> ModelPlacement:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - the name of a link is the name that scripts open
    if not absolute.exists():
        raise PathMissingError(
            "model-path-missing",
            f"The model path '{path}' does not exist (looked at '{absolute}').",
            "Give an existing file or folder, or a registered model: modelport model list",
        )
    name = re.sub(r"[^A-Za-z0-9\-._]", "_", absolute.name).lstrip("-._")[:_LOCAL_NAME_LENGTH] or "model"
    return ModelPlacement(MODEL.check(name), 0, str(absolute))
