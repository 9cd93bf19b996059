"""Who logs in at registries when a program says so by a `ContainerRegistry`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelport.images.registries.credentials import Ask, Credentials, CredentialStore
from modelport.images.registries.reference import check_registry_address
from modelport.sdk.arguments import opened
from modelport.sdk.environment_sections import ContainerRegistry

if TYPE_CHECKING:
    from modelport.images.manager import ImageManager
    from modelport.sdk.workspace import Workspace


def images_of(workspace: Workspace, *registries: ContainerRegistry | None) -> ImageManager:
    """The images of a workspace, logged in at `registries` as these say."""
    found = opened(workspace)
    given = dict(login for registry in registries if registry is not None for login in _login(registry))
    return found.images.with_logins(CredentialStore(found.settings.environ, given)) if given else found.images


def _login(registry: ContainerRegistry) -> Iterator[tuple[str, Ask]]:
    if registry.address and registry.username and registry.password:
        login = Credentials(registry.username, registry.password, "the ContainerRegistry of the program")
        yield check_registry_address(registry.address), lambda: login
