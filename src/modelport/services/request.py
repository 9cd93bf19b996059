"""What doors ask for: a service to be deployed, or a change to one. Names and paths as the user wrote them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelport.manifest import Container, Limits, Listen
from modelport.registry.model import ModelVersion
from modelport.services.cluster import Cluster
from modelport.services.endpoint import VersionChange

ModelWord = ModelVersion | str | os.PathLike[str]
"""A model as users name it: a registered version, "name:version", or the path of a local file or folder."""


@dataclass(frozen=True)
class ScriptRequest:
    """The entry script as given: relative to `source_directory` if there is one, else to the current folder.

    `extra_files` maps places in the working directory to files and folders that are copied there too.
    """

    entry_script: str
    source_directory: str = ""
    extra_files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """Words about a service that change nothing in how it runs; None leaves them as they are in an update.

    `recorded` keeps arguments that have no effect on this target, for `serialize` and for other targets.
    """

    tags: Mapping[str, str] | None = None
    properties: Mapping[str, str] | None = None
    description: str | None = None
    recorded: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ServiceRequest:
    """A service to be deployed.

    `script` None asks for the generated script of the one model given (scikit-learn or ONNX); `environment` is a
    definition as JSON words (`EnvironmentDefinition.to_json()`), None for the interpreter that runs this program.
    """

    name: str
    models: tuple[ModelWord, ...] = ()
    script: ScriptRequest | None = None
    environment: Mapping[str, Any] | None = None
    target: str = "local"
    limits: Limits = field(default_factory=Limits)
    listen: Listen = field(default_factory=lambda: Listen(port=0))
    auth_enabled: bool = False
    debug: bool = False
    container: Container = field(default_factory=Container)
    cluster: Cluster = field(default_factory=Cluster)
    shown_as: str = ""
    labels: Labels = Labels()


@dataclass(frozen=True)
class ServiceChange:
    """A change to a service; None leaves a part as it is. Without any part the same wish is rolled out anew.

    `limits` maps names of `Limits` to new values, so that those not named stay as they are; so do `listen` and
    `container`. `cluster` holds words of `cluster_of`; `version` says which version of an endpoint is meant.
    """

    models: tuple[ModelWord, ...] | None = None
    script: ScriptRequest | None = None
    environment: Mapping[str, Any] | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    listen: Mapping[str, Any] = field(default_factory=dict)
    container: Mapping[str, Any] = field(default_factory=dict)
    cluster: Mapping[str, Any] = field(default_factory=dict)
    version: VersionChange | None = None
    auth_enabled: bool | None = None
    debug: bool | None = None
    labels: Labels = Labels()
