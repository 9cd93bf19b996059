"""The only place that reads environment variables and the machine's configuration files.

Everything else receives what it needs as arguments. The worker has its own single reader (`worker/entry.py`),
because it runs in the user's Python.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelport.errors import UserError, nearest
from modelport.v1_kinds import ConfigNotFoundError

ENVIRONMENT_VARIABLES: dict[str, str] = {
    "MODELPORT_HOME": "Folder that holds every workspace; default ~/.modelport.",
    "MODELPORT_WORKSPACE": "Workspace that the command line uses when none is named and no config.json is found.",
    "MODELPORT_SECRET_KEY": "Fernet key of the workspace secrets; default: the keyring, else a 0600 file in the home.",
    "MODELPORT_RUNTIME_DIR": "Short folder for sockets; default $XDG_RUNTIME_DIR/modelport or /tmp/modelport-<user>.",
    "MODELPORT_BASE_IMAGE": "Default base of images, {python} for the version; default python:{python}-slim-bookworm.",
    "MODELPORT_OUTPUT": "Default of the command line's --output: table or json.",
}

DEFAULT_BASE_IMAGE = "python:{python}-slim-bookworm"
"""The default base of images; `{python}` is the minor version of Python, "3.11"."""


@dataclass(frozen=True)
class Settings:
    """What this process was told by its surroundings.

    `home` holds the workspaces; `runtime_directory` holds sockets and is kept short, because the path of a Unix
    socket has 108 bytes (unix(7)); `environ` is the environment that child programs inherit.
    """

    home: Path
    runtime_directory: Path
    workspace: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    output: str = "table"
    base_image: str = DEFAULT_BASE_IMAGE
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's own environment).

    >>> read_settings({"MODELPORT_HOME": "/srv/modelport", "HOME": "/root"}).home.as_posix()
    '/srv/modelport'
    """
    env = dict(os.environ if environ is None else environ)
    home = env.get("MODELPORT_HOME")
    return Settings(
        home=Path(home).expanduser().absolute() if home else Path("~/.modelport").expanduser(),
        runtime_directory=_runtime_directory(env),
        workspace=env.get("MODELPORT_WORKSPACE") or None,
        secret_key=env.get("MODELPORT_SECRET_KEY") or None,
        output=env.get("MODELPORT_OUTPUT") or "table",
        base_image=env.get("MODELPORT_BASE_IMAGE") or DEFAULT_BASE_IMAGE,
        environ=env,
    )


def _runtime_directory(env: Mapping[str, str]) -> Path:
    if env.get("MODELPORT_RUNTIME_DIR"):
        return Path(env["MODELPORT_RUNTIME_DIR"]).absolute()
    if env.get("XDG_RUNTIME_DIR") and Path(env["XDG_RUNTIME_DIR"]).is_dir():
        return Path(env["XDG_RUNTIME_DIR"]) / "modelport"
    return Path(tempfile.gettempdir()) / f"modelport-{_user(env)}"


def _user(env: Mapping[str, str]) -> str:
    if hasattr(os, "getuid"):
        return str(os.getuid())
    return env.get("USERNAME") or getpass.getuser()


def running_interpreter() -> Path:
    """The Python that runs this process: the environment that serves when no other is asked for."""
    return Path(sys.executable)


CONFIG_FOLDERS = (".azureml", "aml_config", ".")
CONFIG_NAMES = ("config.json", "project.json")
_CONFIG_KEYS = ("workspace_name", "subscription_id", "resource_group")


@dataclass(frozen=True)
class WorkspaceConfig:
    """Which workspace a project folder belongs to; the subscription and resource group are Azure's, "" if not given."""

    workspace_name: str
    subscription_id: str = ""
    resource_group: str = ""


def find_workspace_config(start: Path, file_name: str | None = None) -> Path | None:
    """The configuration file for the folder `start`: looked for in it and then in each parent, up to the root.

    In each folder `.azureml/`, `aml_config/` and the folder itself are tried, in this order, for `config.json` and
    then `project.json` (or for `file_name` alone).
    """
    names = (file_name,) if file_name else CONFIG_NAMES
    start = start.absolute()
    places = (
        folder / sub / name for folder in (start, *start.parents) for name in names for sub in CONFIG_FOLDERS
    )
    return next((place for place in places if place.is_file()), None)


def read_workspace_config(path: Path | None, file_name: str | None = None) -> WorkspaceConfig:
    """Read the configuration file at `path`, or the one found from the folder `path` upwards (None: from here).

    Raises `NotFoundError` (`config-not-found`) and `UserError` (`config-invalid`).
    """
    start = Path.cwd() if path is None else path
    found = start if start.is_file() else find_workspace_config(start, file_name)
    if found is None:
        raise ConfigNotFoundError(
            "config-not-found",
            f"There is no {file_name or CONFIG_NAMES[0]} for '{start.absolute()}', neither there nor in a parent folder"
            f" (tried in each: {', '.join(CONFIG_FOLDERS)}).",
            "Write one with ws.write_config(), or name the workspace: Workspace.get('NAME')",
        )
    try:
        content = json.loads(found.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _config_invalid(found, f"it cannot be read as JSON ({error})") from error
    return _workspace_config(found, content)


def _workspace_config(path: Path, content: object) -> WorkspaceConfig:
    if not isinstance(content, dict):
        raise _config_invalid(path, "a JSON object is needed")
    if isinstance(content.get("Scope"), str):
        # The older project.json: /subscriptions/S/resourceGroups/R/providers/…/workspaces/W
        words = content["Scope"].split("/")
        named = {word.lower(): value for word, value in zip(words[1::2], words[2::2], strict=False)}
        keys = {"workspace_name": "workspaces", "subscription_id": "subscriptions", "resource_group": "resourcegroups"}
        content = {key: named.get(word, "") for key, word in keys.items()}
    values = {key: content.get(key, "") for key in _CONFIG_KEYS}
    wrong = [key for key, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise _config_invalid(path, f"the value of {wrong[0]!r} must be text")
    if not values["workspace_name"]:
        hint = " ".join(nearest(key, _CONFIG_KEYS) for key in list(content)[:1] if key not in _CONFIG_KEYS)
        raise _config_invalid(path, f"the key 'workspace_name' is missing. {hint}".rstrip(". "))
    return WorkspaceConfig(**values)


def write_workspace_config(config: WorkspaceConfig, folder: Path, file_name: str | None = None) -> Path:
    """Write the configuration file for `folder` and return its path: in `aml_config/` if there is one, or `.azureml/`.

    Raises `UserError` (`config-invalid`) if it cannot be written there.
    """
    target = folder / ("aml_config" if (folder / "aml_config").is_dir() else ".azureml") / (file_name or "config.json")
    content = {key: getattr(config, key) for key in ("subscription_id", "resource_group", "workspace_name")}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")
    except OSError as error:
        raise _config_invalid(target, f"it cannot be written ({error.strerror})") from error
    return target


def _config_invalid(path: Path, reason: str) -> UserError:
    return UserError(
        "config-invalid",
        f"The workspace configuration '{path}' is not usable: {reason}.",
        'It needs: {"workspace_name": "NAME", "subscription_id": "…", "resource_group": "…"}; '
        "ws.write_config() writes one.",
    )


@dataclass(frozen=True)
class PackageIndex:
    """Where this machine fetches Python packages, as pip and uv were set up here.

    URLs may hold passwords, so they never show in a repr and belong neither into a lock nor into a log.
    """

    index_url: str = field(default="", repr=False)
    extra_index_urls: tuple[str, ...] = field(default=(), repr=False)
    find_links: tuple[str, ...] = field(default=(), repr=False)
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    certificate_bundle: str = ""


def package_index(environ: Mapping[str, str] | None = None) -> PackageIndex:
    """Read the package index from uv's variables, then pip's (`PIP_*`), then pip's configuration files.

    `PIP_CONFIG_FILE=/dev/null` switches the files off, as it does for pip.
    """
    env = dict(os.environ if environ is None else environ)
    pip = {**_pip_configuration(env), **_pip_variables(env)}
    extra = env.get("UV_INDEX") or env.get("UV_EXTRA_INDEX_URL") or pip.get("extra-index-url", "")
    return PackageIndex(
        index_url=env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL") or pip.get("index-url", ""),
        extra_index_urls=tuple(_without_name(word) for word in extra.split()),
        find_links=tuple((env.get("UV_FIND_LINKS", "").replace(",", " ") or pip.get("find-links", "")).split()),
        no_index=(env.get("UV_NO_INDEX") or pip.get("no-index", "")).lower() in ("1", "true", "yes", "on"),
        trusted_hosts=tuple((env.get("UV_INSECURE_HOST") or pip.get("trusted-host", "")).split()),
        certificate_bundle=env.get("SSL_CERT_FILE") or pip.get("cert", ""),
    )


def _without_name(index: str) -> str:
    """uv lets an index have a name in front: "internal=https://…"."""
    return index.partition("=")[2] if "=" in index.partition("://")[0] else index


def _pip_variables(env: Mapping[str, str]) -> dict[str, str]:
    return {
        name[len("PIP_") :].lower().replace("_", "-"): value
        for name, value in env.items()
        if name.startswith("PIP_") and value
    }


def _pip_configuration(env: Mapping[str, str]) -> dict[str, str]:
    import configparser  # here, because only a solve needs it and every start would pay for it

    found: dict[str, str] = {}
    for path in _pip_files(env):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue  # pip complains about its own files; a solve without them says what it cannot find
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update({name.replace("_", "-"): value for name, value in parser.items(section)})
    return found


def _pip_files(env: Mapping[str, str]) -> list[Path]:
    """The configuration files of pip, those that win last."""
    own = env.get("PIP_CONFIG_FILE", "")
    if own == os.devnull:
        return []
    home = Path(env.get("HOME") or Path.home())
    folders = env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    shared = [Path(folder) / "pip" / "pip.conf" for folder in folders if folder]
    user = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    files = [*shared, Path("/etc/pip.conf"), home / ".pip" / "pip.conf", user, Path(sys.prefix) / "pip.conf"]
    return [*files, Path(own)] if own else files
