"""Keeps secrets encrypted at rest (Fernet); values appear in no message, no log and no representation."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from modelport.errors import NotFoundError, StorageError, UserError, nearest
from modelport.naming import SECRET
from modelport.storage.database import Database
from modelport.storage.tables import secrets


@dataclass(frozen=True)
class SecretInfo:
    """What may be shown of a secret: everything but its value."""

    name: str
    content_type: str | None
    created_at: datetime.datetime
    updated_at: datetime.datetime


class SecretStore:
    """The secrets of one workspace; `load_key` gives the key when it is needed for the first time."""

    def __init__(self, database: Database, load_key: Callable[[], bytes]) -> None:
        self._database = database
        self._load_key = load_key

    def __repr__(self) -> str:
        return "SecretStore(values hidden)"

    @cached_property
    def _cipher(self) -> Fernet:
        return Fernet(self._load_key())

    def set(self, values: Mapping[str, str], content_type: str | None = None) -> None:
        """Keep all of `values`, new or changed, or none of them.

        Raises `UserError` (`name-invalid`, `secret-value-invalid`), `StorageError` (`secret-key-wrong`: the others
        were encrypted with another key, and two keys would make half of them unreadable).
        """
        for name, value in values.items():
            SECRET.check(name)
            if not isinstance(value, str):
                raise UserError(
                    "secret-value-invalid",
                    f"The value of secret '{name}' is {type(value).__name__}; text is needed.",
                    "Turn it into text first, for example with json.dumps.",
                )
        tokens = {name: self._cipher.encrypt(value.encode()).decode() for name, value in values.items()}
        now = datetime.datetime.now(datetime.timezone.utc)
        with self._database.writing() as connection:
            present = connection.execute(sa.select(secrets.c.name, secrets.c.token)).all()
            if present:
                self._decrypt(present[0].name, present[0].token)
            known = {row.name for row in present}
            for name, token in tokens.items():
                row = {"token": token, "content_type": content_type, "updated_at": now}
                if name in known:
                    connection.execute(secrets.update().where(secrets.c.name == name).values(row))
                else:
                    connection.execute(secrets.insert().values(name=name, created_at=now, **row))

    def get(self, name: str) -> str:
        """The value of one secret; raises `NotFoundError` (`secret-not-found`), `StorageError` (`secret-key-wrong`)."""
        value = self.get_many([name])[name]
        if value is None:
            raise NotFoundError(
                "secret-not-found",
                f"There is no secret '{name}' in this workspace. {self._similar(name)}".rstrip(),
                "Set it: keyvault.set_secret(name, value)",
            )
        return value

    def get_many(self, names: Iterable[str]) -> dict[str, str | None]:
        """The value of each name, None where there is no such secret."""
        wanted = list(names)
        statement = sa.select(secrets.c.name, secrets.c.token).where(secrets.c.name.in_(wanted))
        with self._database.reading() as connection:
            tokens = {row.name: row.token for row in connection.execute(statement)}
        return {name: self._decrypt(name, tokens[name]) if name in tokens else None for name in wanted}

    def list(self) -> list[SecretInfo]:
        """What may be shown of every secret, by name."""
        columns = (secrets.c.name, secrets.c.content_type, secrets.c.created_at, secrets.c.updated_at)
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(*columns).order_by(secrets.c.name)).all()
        return [SecretInfo(**row._mapping) for row in rows]

    def delete(self, names: Iterable[str]) -> None:
        """Forget all of `names`, or none of them: raises `NotFoundError` (`secret-not-found`) if one is not there."""
        wanted = dict.fromkeys(names)
        with self._database.writing() as connection:
            for name in wanted:
                if not connection.execute(secrets.delete().where(secrets.c.name == name)).rowcount:
                    raise NotFoundError(
                        "secret-not-found",
                        f"There is no secret '{name}' in this workspace. {self._similar(name)}".rstrip(),
                        "List the names: keyvault.list_secrets()",
                    )

    def _similar(self, name: str) -> str:
        return nearest(name, [secret.name for secret in self.list()][:50])

    def _decrypt(self, name: str, token: str) -> str:
        try:
            return self._cipher.decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise StorageError(
                "secret-key-wrong",
                f"Secret '{name}' cannot be read: it was encrypted with another key than the present one.",
                "Set MODELPORT_SECRET_KEY (or restore secret.key in the home) to the key that was used before; "
                "if it is lost, delete the secrets and set them anew.",
            ) from error
