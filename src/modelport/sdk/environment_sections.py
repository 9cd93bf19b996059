"""The sections of an environment: plain attributes, of which a misspelt one is refused."""

from __future__ import annotations

from typing import Any

from modelport.errors import UserError, nearest
from modelport.sdk.conda_dependencies import CondaDependencies


class Section:
    """Attributes that are known by name; setting any other raises `UserError` (`argument-unknown`)."""

    _names: tuple[str, ...] = ()

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

    def __init__(self) -> None:
        self.user_managed_dependencies = False
        self.interpreter_path = "python"
        self.conda_dependencies: CondaDependencies | None = CondaDependencies()
        self.conda_dependencies_file: str | None = None
        self.base_conda_environment: str | None = None


class ContainerRegistry(Section):
    """Where images come from or go to: an address and who one is there; the password is never shown or recorded."""

    _names = ("address", "username", "password", "registry_identity")

    def __init__(self) -> None:
        self.address: str | None = None
        self.username: str | None = None
        self.password: str | None = None
        self.registry_identity: object = None


class DockerSection(Section):
    """What an image is built on; it is recorded, and a service that runs on this machine itself does not use it.

    `base_image`, `base_dockerfile` and `build_context` exclude each other: setting one takes the others back.
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

    def __init__(self) -> None:
        self.enabled = False
        self.base_image: str | None = None
        self.base_dockerfile: str | None = None
        self.build_context: str | None = None
        self.base_image_registry = ContainerRegistry()
        self.shared_volumes = True
        self.arguments: list[str] = []
        self.shm_size = "2g"
        self.gpu_support = False
        self.platform: object = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in self._exclusive and value is not None:
            for other in self._exclusive:
                if other != name:
                    super().__setattr__(other, None)

    def _recorded(self) -> dict[str, Any]:
        """What differs from a new section, as JSON-ready words and without the password."""
        plain = DockerSection()
        names = [name for name in self._names if name != "base_image_registry"]
        words = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(plain, name)}
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
            elif name in cls._names:
                setattr(section, name, value)
        return section
