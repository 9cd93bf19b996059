"""The sections of an environment: plain attributes, of which a misspelt one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelport.environments.source_file import read_text
from modelport.errors import UserError, nearest
from modelport.sdk.conda_dependencies import CondaDependencies


class Section:
    """Attributes that are known by name; setting any other raises `UserError` (`argument-unknown`)."""

    _names: tuple[str, ...] = ()

    def _take(self, words: dict[str, Any]) -> None:
        """Set attributes by their names; one of v1's own underscored arguments has no effect."""
        for name, value in words.items():
            if not name.startswith("_"):
                setattr(self, name, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment] # it can be changed, so it can be no key

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._names and not name.startswith("_"):
            kind = type(self).__name__
            raise UserError(
                "argument-unknown",
                f"{kind} has no attribute {name!r}. {nearest(name, self._names)}".rstrip(),
                f"Look at help({kind}).",
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self._names if name != "password")
        return f"{type(self).__name__}({', '.join(shown)})"


class PythonSection(Section):
    """Which Python an environment has, and which packages.

    With `user_managed_dependencies` the Python at `interpreter_path` serves with what it has; else `conda_dependencies`
    (or the file named by `conda_dependencies_file`) say what is needed.
    """

    _names = (
        "user_managed_dependencies",
        "interpreter_path",
        "conda_dependencies",
        "conda_dependencies_file",
        "base_conda_environment",
    )

    def __init__(self, **kwargs: Any) -> None:
        self.user_managed_dependencies = False
        self.interpreter_path = "python"
        self.conda_dependencies: CondaDependencies | None = CondaDependencies()
        self.conda_dependencies_file: str | None = None
        self.base_conda_environment: str | None = None
        self._take(kwargs)


class ContainerRegistry(Section):
    """Where images come from or go to: an address and who one is there; the password is never shown or recorded."""

    _names = ("address", "username", "password", "registry_identity")

    def __init__(self) -> None:
        self.address: str | None = None
        self.username: str | None = None
        self.password: str | None = None
        self.registry_identity: object = None


class DockerImagePlatform(Section):
    """The operating system and the architecture of an image."""

    _names = ("os", "architecture")

    def __init__(self, os: str = "Linux", architecture: str = "amd64") -> None:
        self.os = os
        self.architecture = architecture


class SparkSection(Section):
    """What v1's Spark runs had; it is kept as it is set, and means nothing to a service."""

    _names = ("repositories", "packages", "precache_packages")

    def __init__(self) -> None:
        self.repositories: list[str] = []
        self.packages: list[Any] = []
        self.precache_packages = True


class DatabricksSection(Section):
    """What v1's Databricks runs had; it is kept as it is set, and means nothing to a service."""

    _names = ("maven_libraries", "pypi_libraries", "rcran_libraries", "jar_libraries", "egg_libraries")

    def __init__(self) -> None:
        for name in self._names:
            setattr(self, name, [])


class DockerSection(Section):
    """What an image is built on; it is recorded, and a service that runs on this machine itself does not use it.

    `base_image`, `base_dockerfile` and `build_context` exclude each other: setting one takes the others back.
    `base_dockerfile` is the text of a Dockerfile; a path or an open file is read when it is set, and then is that text.
    Raises `UserError` (`argument-unknown`, `environment-file-missing`).
    """

    _names = (
        "enabled",
        "base_image",
        "base_dockerfile",
        "build_context",
        "base_image_registry",
        "shared_volumes",
        "arguments",
        "shm_size",
        "gpu_support",
        "platform",
    )
    _exclusive = ("base_image", "base_dockerfile", "build_context")

    def __init__(self, **kwargs: Any) -> None:
        self.enabled = False
        self.base_image: str | None = None
        self.base_dockerfile: str | None = None
        self.build_context: str | None = None
        self.base_image_registry = ContainerRegistry()
        self.shared_volumes = True
        self.arguments: list[str] = []
        self.shm_size = "2g"
        self.gpu_support = False
        self.platform = DockerImagePlatform()
        self._take(kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        value = _dockerfile_text(value) if name == "base_dockerfile" else value
        super().__setattr__(name, value)
        if name in self._exclusive and value is not None:
            for other in self._exclusive:
                if other != name:
                    super().__setattr__(other, None)

    def _recorded(self) -> dict[str, Any]:
        """What differs from a new section, as JSON-ready words and without the password."""
        plain = DockerSection()
        names = [name for name in self._names if name not in ("base_image_registry", "platform")]
        words = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(plain, name)}
        if self.platform is not None and self.platform != plain.platform:
            words["platform"] = {"os": self.platform.os, "architecture": self.platform.architecture}
        registry = self.base_image_registry
        address = {"address": registry.address, "username": registry.username}
        return {**words, **({"base_image_registry": address} if any(address.values()) else {})}

    @classmethod
    def _of(cls, words: dict[str, Any]) -> DockerSection:
        section = cls()
        for name, value in words.items():
            if name == "base_image_registry":
                section.base_image_registry.address = value.get("address")
                section.base_image_registry.username = value.get("username")
            elif name == "platform" and isinstance(value, dict):
                section.platform = DockerImagePlatform(value.get("os", "Linux"), value.get("architecture", "amd64"))
            elif name in cls._names:
                setattr(section, name, value)
        return section


def _dockerfile_text(value: Any) -> Any:
    """The text of a Dockerfile that is given as such, as a path or as an open file."""
    if hasattr(value, "read"):
        value = value.read()
    if not isinstance(value, str) or is_dockerfile_text(value):
        return value
    return read_text(Path(value), value)


def is_dockerfile_text(text: str) -> bool:
    """Whether it is a Dockerfile itself and not the path of one."""
    return "\n" in text or text.lstrip().upper().startswith(("FROM ", "ARG ", "#")) or not text.strip()
