"""Who logs in at a registry: from what the caller gives, from Docker's credential store, or nobody.

Passwords stand in no argument list, no message and no representation. A store is asked anew at each `find`, because
what it gives may have expired in the meantime.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport import process
from modelport.errors import UserError
from modelport.images.registries.reference import DEFAULT_REGISTRY

_DEFAULT_REGISTRY_KEY = "https://index.docker.io/v1/"
_TOKEN_USER = "<token>"  # noqa: S105 - how a helper says that the secret is an identity token
_HELPER_SECONDS = 60.0
_STORE_KEYS = ("auths", "credsStore", "credHelpers")


@dataclass(frozen=True)
class Credentials:
    """Who logs in and where that was found; the password (or identity token) never shows."""

    username: str
    password: str = field(repr=False)
    source: str
    identity_token: str = field(default="", repr=False)

    @property
    def words(self) -> str:
        """Whose they are and where they came from, for messages."""
        who = f"user '{self.username}'" if self.username else "an identity token"
        return f"{who} from {self.source}"

    @property
    def basic(self) -> str:
        """The value of a Basic `Authorization` header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


Ask = Callable[[], Credentials]


@dataclass(frozen=True)
class CredentialStore:
    """Finds the credentials for a registry: what the caller gave first, then Docker's store.

    `given` maps a registry's host (and port) to a function that reads its credentials now; `environ` says where
    Docker's configuration lies (`DOCKER_CONFIG`, else `~/.docker`; `REGISTRY_AUTH_FILE` for podman and buildah).
    """

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: Mapping[str, Ask] = field(default_factory=dict, repr=False)

    def find(self, registry: str) -> Credentials | None:
        """The credentials for `registry`, or None where nobody is logged in.

        Raises `UserError` (`credential-file-invalid`, `credential-helper-failed`).
        """
        if registry in self.given:
            return self.given[registry]()
        for file in credential_files(self.environ):
            found = _from_file(file, registry, self.environ)
            if found is not None:
                return found
        return None


def credential_files(environ: Mapping[str, str]) -> list[Path]:
    """The files that hold or name the logins of this user, first the one that decides."""
    home = Path(environ.get("HOME") or Path.home())
    files = [Path(environ.get("DOCKER_CONFIG") or home / ".docker") / "config.json"]
    if environ.get("REGISTRY_AUTH_FILE"):
        files.insert(0, Path(environ["REGISTRY_AUTH_FILE"]))
    if environ.get("XDG_RUNTIME_DIR"):
        files.append(Path(environ["XDG_RUNTIME_DIR"]) / "containers" / "auth.json")
    return files


def _from_file(file: Path, registry: str, environ: Mapping[str, str]) -> Credentials | None:
    content = read_configuration(file)
    keys = store_keys(registry)
    helpers = content.get("credHelpers") or {}
    helper = next((helpers[key] for key in keys if key in helpers), "") or content.get("credsStore", "")
    found = _from_helper(str(helper), keys, environ) if helper else None
    if found is not None:
        return found
    auths = content.get("auths") or {}
    entry = next((auths[key] for key in keys if auths.get(key)), None)  # an empty entry only marks a helper's login
    return _from_entry(entry, file) if isinstance(entry, Mapping) else None


def read_configuration(file: Path) -> dict[str, Any]:
    """The content of a Docker configuration file, empty where there is none; raises `UserError`
    (`credential-file-invalid`)."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        # What the parser complains about may quote the file; its place does not.
        place = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise _file_invalid(file, f"it cannot be read as JSON ({place})") from None
    shapes = all(isinstance(content.get(key) or {}, Mapping) for key in ("auths", "credHelpers")) if (
        isinstance(content, dict)
    ) else False
    if not shapes:
        raise _file_invalid(file, "a JSON object with the objects 'auths' and 'credHelpers' is needed")
    return dict(content)


def store_keys(registry: str) -> tuple[str, ...]:
    """The names under which a credential store may hold the login of `registry`.

    >>> store_keys("registry.example")
    ('registry.example', 'https://registry.example', 'https://registry.example/v1/', 'https://registry.example/v2/')
    """
    if registry == DEFAULT_REGISTRY:
        return (_DEFAULT_REGISTRY_KEY, "index.docker.io", DEFAULT_REGISTRY)
    address = f"https://{registry}"
    return (registry, address, f"{address}/v1/", f"{address}/v2/")


def _from_entry(entry: Mapping[str, Any], file: Path) -> Credentials | None:
    username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    if entry.get("auth"):
        try:
            decoded = base64.b64decode(str(entry["auth"]), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _file_invalid(file, "an 'auth' value in it is not base64 text") from None
        username, _, password = decoded.partition(":")
    token = str(entry.get("identitytoken") or "")
    if not token and not password:
        return None
    return Credentials("" if token else username, password.rstrip("\0"), f"'{file}'", token)


def _from_helper(name: str, keys: tuple[str, ...], environ: Mapping[str, str]) -> Credentials | None:
    program = f"docker-credential-{name}"
    path = shutil.which(program, path=environ.get("PATH"))
    if path is None:
        raise _helper_failed(program, "it is named in Docker's configuration, and is not on the PATH")
    for key in keys:
        answer = _ask_helper(program, path, key, environ)
        if answer is None:
            continue
        username, secret = str(answer.get("Username") or ""), str(answer.get("Secret") or "")
        source = f"the credential helper '{program}'"
        if username == _TOKEN_USER:
            return Credentials("", "", source, secret)
        return Credentials(username, secret, source)
    return None


def _ask_helper(program: str, path: str, key: str, environ: Mapping[str, str]) -> dict[str, Any] | None:
    try:
        done = process.ask([path, "get"], key, environ=environ, timeout_seconds=_HELPER_SECONDS)
    except TimeoutError:
        raise _helper_failed(program, f"it did not answer within {_HELPER_SECONDS:g} s") from None
    if done.exit_code != 0:
        said = (done.stdout.strip() or done.stderr.strip()).partition("\n")[0]
        if "not found" in said:
            return None
        raise _helper_failed(program, f"it ended with exit code {done.exit_code}: {said[:200] or 'no message'}")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _helper_failed(program, "its answer is not a JSON object")  # not shown: it may hold the secret
    return answer


@contextlib.contextmanager
def private_login(environ: Mapping[str, str], registry: str, credentials: Credentials) -> Iterator[dict[str, str]]:
    """An environment in which the engine's client is logged in at `registry` with `credentials`, and nowhere else.

    The login lies in a folder of this user alone (0700) that is removed at the end; contexts, plug-ins and proxies of
    the user's own configuration stay in force.
    """
    own = credential_files({**environ, "REGISTRY_AUTH_FILE": "", "XDG_RUNTIME_DIR": ""})[0]
    folder = Path(tempfile.mkdtemp(prefix="modelport-login-", dir=_short_lived_folder(environ)))
    try:
        for entry in own.parent.iterdir() if own.parent.is_dir() else ():
            if entry.name != own.name:
                (folder / entry.name).symlink_to(entry.absolute())
        kept = {key: value for key, value in read_configuration(own).items() if key not in _STORE_KEYS}
        content = {**kept, "auths": {store_keys(registry)[0]: _entry_of(credentials)}}
        file = folder / own.name
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump(content, stream)
        yield {**environ, "DOCKER_CONFIG": str(folder), "REGISTRY_AUTH_FILE": str(file)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _short_lived_folder(environ: Mapping[str, str]) -> str | None:
    """Memory rather than disk where the system offers it."""
    folder = environ.get("XDG_RUNTIME_DIR", "")
    return folder if folder and os.access(folder, os.W_OK) else None


def _entry_of(credentials: Credentials) -> dict[str, str]:
    if credentials.identity_token:
        return {"identitytoken": credentials.identity_token}
    return {"auth": credentials.basic.partition(" ")[2]}


def _file_invalid(file: Path, why: str) -> UserError:
    return UserError(
        "credential-file-invalid",
        f"The logins in '{file}' cannot be used: {why}.",
        "Repair the file, or move it away and log in again: docker login REGISTRY",
    )


def _helper_failed(program: str, why: str) -> UserError:
    return UserError(
        "credential-helper-failed",
        f"The credential helper '{program}' gave no login: {why}.",
        f"Try it by hand: echo REGISTRY | {program} get; or log in without it by removing it from config.json.",
    )
