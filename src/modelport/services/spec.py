"""What a service should be: one frozen tree of values, its JSON form, and the manifest that follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport.errors import ProtocolError
from modelport.manifest import Container, Limits, Listen, Manifest, Places, Program, build_part
from modelport.naming import SERVICE
from modelport.services import endpoint
from modelport.services.cluster import Cluster

SCHEMA_VERSION = 1
MODELS_FOLDER = "azureml-models"


@dataclass(frozen=True)
class ScriptSpec:
    """The user's entry script, by absolute paths, so that it can be copied again.

    With a `source_directory` the whole folder is served, and `entry_script` is relative to it. `extra_files` maps
    places in the working directory to files and folders that lie there too.
    """

    entry_script: str
    source_directory: str = ""
    extra_files: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the user's own script is."""
        return Path(self.source_directory) / self.entry_script if self.source_directory else Path(self.entry_script)

    @property
    def served_path(self) -> str:
        """Where the script stands, relative to the service's working directory.

        >>> ScriptSpec("score.py", "/home/me/src").served_path
        'src/score.py'
        >>> ScriptSpec("/home/me/score.py").served_path
        'score.py'
        """
        if self.source_directory:
            return f"{Path(self.source_directory).name}/{self.entry_script}"
        return Path(self.entry_script).name


@dataclass(frozen=True)
class ModelPlacement:
    """One model that is served: a registered version, or a local file or folder (version 0, with its `path`)."""

    name: str
    version: int
    path: str = ""

    @property
    def id(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"


@dataclass(frozen=True)
class ServiceSpec:
    """The wish: everything that makes one revision of one service.

    `environment` is the definition of an environment as JSON words, empty for the interpreter that deploys; `replicas`
    stand in `limits.workers`; `listen.port` 0 means a free one; `nocode` names the generated script that serves,
    if any. `container.image` names an image that is to be run as it is; without one it is built. `shown_as` is the
    target whose words a service is shown in, where that is another than the one it runs on. `cluster` counts on a
    cluster alone.
    """

    name: str
    target: str
    script: ScriptSpec
    models: tuple[ModelPlacement, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    listen: Listen = field(default_factory=lambda: Listen(port=0))
    auth_enabled: bool = False
    debug: bool = False
    nocode: str = ""
    container: Container = field(default_factory=Container)
    cluster: Cluster = field(default_factory=Cluster)
    shown_as: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    recorded: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        SERVICE.check(self.name)
        self.limits.check()

    def settled(self, revision: int) -> ServiceSpec:
        """The spec of a revision that was made: its versions know by which number."""
        if not self.cluster.versions:
            return self
        versions = endpoint.settled(self.cluster.versions, revision)
        return dataclasses.replace(self, cluster=dataclasses.replace(self.cluster, versions=versions))

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON-ready words."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, words: Any) -> ServiceSpec:
        """The inverse of `to_json`; raises `ProtocolError` (`spec-damaged`) for unknown keys and other schemas."""
        if not isinstance(words, dict):
            raise _damaged("it is not a JSON object")
        if words.get("schema") != SCHEMA_VERSION:
            raise _damaged(f"its schema is {words.get('schema')!r}, and {SCHEMA_VERSION} is what can be read")
        parts: dict[str, type[Any]] = {"script": ScriptSpec, "limits": Limits, "listen": Listen, "container": Container}
        built = {
            key: build_part(parts[key], value, key, _damaged) if key in parts else value for key, value in words.items()
        }
        if "cluster" in words:
            built["cluster"] = Cluster.from_json(words["cluster"], _damaged)
        models = words.get("models", ())
        built["models"] = tuple(build_part(ModelPlacement, model, "models", _damaged) for model in models)
        return build_part(cls, built, "spec", _damaged)


@dataclass(frozen=True)
class RevisionPlan:
    """What a target's machine adds to a spec: ids, folders, the interpreter, and the port if one is to be kept."""

    service_id: str
    revision: int
    operation: str
    python: str
    app_directory: str
    environment_variables: Mapping[str, str]
    port: int
    places: Places
    container: Container = field(default_factory=Container)


def manifest_of(spec: ServiceSpec, plan: RevisionPlan) -> Manifest:
    """The manifest of one revision: a projection of the spec, and nothing that the spec or the plan does not say."""
    return Manifest(
        service_name=spec.name,
        program=Program(
            python=plan.python,
            app_directory=plan.app_directory,
            entry_script=spec.script.served_path,
            model_directory=model_directory_of(spec.models, plan.app_directory),
            environment_variables=dict(plan.environment_variables),
            models=tuple(model.id for model in spec.models),
        ),
        service_id=plan.service_id,
        revision=plan.revision,
        operation=plan.operation,
        limits=spec.limits,
        listen=dataclasses.replace(spec.listen, port=plan.port or spec.listen.port),
        places=plan.places,
        auth_enabled=spec.auth_enabled,
        debug=spec.debug,
        container=plan.container,
        exit_on_init_failure=bool(plan.container.image),
    )


def model_directory_of(models: tuple[ModelPlacement, ...], app_directory: str) -> str:
    """What AZUREML_MODEL_DIR says: one model's own folder, the folder above several, empty for none.

    >>> model_directory_of((ModelPlacement("m", 2),), "/app")
    '/app/azureml-models/m/2'
    >>> model_directory_of((ModelPlacement("m", 2), ModelPlacement("n", 1)), "/app")
    '/app/azureml-models'
    """
    if not models:
        return ""
    folder = Path(app_directory) / MODELS_FOLDER
    return str(folder / models[0].name / str(models[0].version) if len(models) == 1 else folder)


def _damaged(what: str) -> ProtocolError:
    return ProtocolError(
        "spec-damaged",
        f"The recorded specification of a service cannot be used: {what}.",
        "Deploy the service again with overwrite (command line: --overwrite).",
    )
