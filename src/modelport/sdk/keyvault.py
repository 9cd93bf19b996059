"""The secrets of a workspace, as v1 programs ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from modelport.sdk.arguments import opened

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


_NO_CONTENT_TYPE = "application/NotProvided"  # v1's word where none is given


class Keyvault:
    """The secrets of a workspace, encrypted at rest; `ws.get_default_keyvault()` returns it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._secrets = opened(workspace).secrets

    def __repr__(self) -> str:
        return f"Keyvault(workspace={self.workspace!r})"

    def set_secret(self, name: str, value: str, content_type: str = _NO_CONTENT_TYPE) -> None:
        """Keep `value` under `name`, new or changed; raises `UserError` (`name-invalid`, `secret-value-invalid`)."""
        self._secrets.set({name: value}, None if content_type == _NO_CONTENT_TYPE else content_type)

    def set_secrets(self, secrets_batch: Mapping[str, str]) -> None:
        """Keep all of them, or none if one is not valid."""
        self._secrets.set(secrets_batch)

    def get_secret(self, name: str) -> str:
        """The value; raises `NotFoundError` (`secret-not-found`)."""
        return self._secrets.get(name)

    def get_secrets(self, secrets: Iterable[str]) -> dict[str, str | None]:
        """The value of each name; None for a name that is not there."""
        return self._secrets.get_many(secrets)

    def delete_secret(self, name: str) -> None:
        """Forget one secret; raises `NotFoundError` (`secret-not-found`)."""
        self._secrets.delete([name])

    def delete_secrets(self, secrets: Iterable[str]) -> None:
        """Forget all of them, or none: raises `NotFoundError` (`secret-not-found`) if one is not there."""
        self._secrets.delete(secrets)

    def list_secrets(self) -> list[dict[str, object]]:
        """What may be shown of every secret, by name: `name`, `content_type`, `created`, `updated`; never the value."""
        return [
            {
                "name": secret.name,
                "content_type": secret.content_type,
                "created": secret.created_at,
                "updated": secret.updated_at,
            }
            for secret in self._secrets.list()
        ]

    def get_secret_content_type(self, name: str) -> str | None:
        """The content type that the secret was set with; raises `NotFoundError` (`secret-not-found`)."""
        self._secrets.get(name)
        return next(secret.content_type for secret in self._secrets.list() if secret.name == name)
