"""What a builder stage needs to install an environment: the lock, local packages, and the package index of this
machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from modelport.environments.foreign_python import ForeignPython
from modelport.environments.lock import Lock
from modelport.environments.options import RealisationOptions
from modelport.environments.specification import IndexOptions
from modelport.environments.uv import make_uv, without_secrets
from modelport.errors import UserError
from modelport.images.recipe.context import BuildSecrets, ContextFile, text_file
from modelport.images.recipe.local_packages import LocalFile, is_local, local_source, locked_files, source_in_context
from modelport.images.recipe.recipe import CONTEXT

_LISTS = {"UV_EXTRA_INDEX_URL": " ", "UV_FIND_LINKS": ",", "UV_INDEX": " "}
_SINGLE = ("UV_DEFAULT_INDEX", "UV_INSECURE_HOST", "UV_INDEX_STRATEGY", "UV_KEYRING_PROVIDER", "UV_HTTP_TIMEOUT",
           "UV_PYTHON_INSTALL_MIRROR", "UV_PYTHON_DOWNLOADS_JSON_URL")  # fmt: skip


def installed_files(
    name: str, lock: Lock, index: IndexOptions, python: ForeignPython, options: RealisationOptions
) -> tuple[ContextFile, ...]:
    """The files of the context that the builder stage `name` ("server" or "env") installs from."""
    folder = f"{CONTEXT}/{name}"
    lines: list[str] = []
    files: list[ContextFile] = []
    for number, package in enumerate(lock.packages):
        path = local_source(package)
        requirement = package.requirement
        if path is not None:
            place, more = source_in_context(path, f"{folder}/sources/{number}")
            requirement = _moved(requirement, f"file:///modelport/{name}/sources/{number}/{place}")
            files += more
        lines.append(" ".join([requirement, *(f"--hash={value}" for value in package.hashes)]))
    host = options.index
    wheels = locked_files(
        lock, (host.index_url, *host.extra_index_urls, index.index_url, *index.extra_index_urls),
        (*host.find_links, *index.find_links), python,
    )  # fmt: skip
    files += [ContextFile(f"{folder}/wheels/{each.path.name}", source=each.path, known_sha256=each.sha256)
              for each in wheels]  # fmt: skip
    complete = bool(wheels) and _has_all(lock, wheels)
    head = [*_options(index, options, complete), *([f"--find-links /modelport/{name}/wheels"] if wheels else [])]
    files.append(text_file(f"{folder}/lock.txt", "".join(f"{line}\n" for line in [*head, *lines]) if lines else ""))
    if not lock.has_all_hashes:
        files.append(text_file(f"{folder}/unchecked", "The lock has packages without a hash.\n"))
    return tuple(files)


def _has_all(lock: Lock, wheels: Iterable[LocalFile]) -> bool:
    """Whether there is a wheel here for every package, so that the build need not ask the index."""
    digests = {f"sha256:{each.sha256}" for each in wheels if each.path.suffix == ".whl"}
    return all(digests & set(package.hashes) for package in lock.packages)


def _moved(requirement: str, url: str) -> str:
    name, at, rest = requirement.rpartition(" @ ")
    _, semicolon, marker = rest.partition(" ;")
    return f"{name}{at}{url}{semicolon}{marker}"


def _options(index: IndexOptions, options: RealisationOptions, complete: bool) -> list[str]:
    """What of the index holds in a build too; where it is comes from this machine, by another way."""
    no_index = complete or index.no_index or options.index.no_index or _reaches_local_alone(index, options)
    return [
        *(["--no-index"] if no_index else []),
        *(f"--only-binary {name}" for name in index.only_binary),
        *(f"--no-binary {name}" for name in index.no_binary),
    ]


def _reaches_local_alone(index: IndexOptions, options: RealisationOptions) -> bool:
    """Whether the one index that holds is a folder of this machine: the public one must not take its place."""
    first = index.index_url or options.index.index_url
    others = (*index.extra_index_urls, *options.index.extra_index_urls)
    return bool(first) and is_local(first) and all(is_local(each) for each in others)


def index_lines(index: IndexOptions, options: RealisationOptions) -> str:
    """The package index of this machine as lines of shell for a builder stage; local folders are left out, because a
    build does not see them. Empty where nothing is set."""
    environ = make_uv(index, options.index, options.environ).environ
    values = {name: environ[name] for name in _SINGLE if environ.get(name)}
    for name, separator in _LISTS.items():
        words = [word for word in environ.get(name, "").replace(separator, " ").split() if not _is_local_named(word)]
        values |= {name: separator.join(words)} if words else {}
    if is_local(values.get("UV_DEFAULT_INDEX", "https:")):
        del values["UV_DEFAULT_INDEX"]
    values |= {name: value for name, value in environ.items() if _is_credential(name)}
    if set(values) <= {"UV_INDEX_STRATEGY"}:
        return ""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(values.items()))


def _is_local_named(word: str) -> bool:
    """uv lets an index have a name in front: "internal=https://…"."""
    return is_local(word.partition("=")[2] if "=" in word.partition("://")[0] else word)


def _is_credential(name: str) -> bool:
    return name.startswith("UV_INDEX_") and name.endswith(("_USERNAME", "_PASSWORD"))


def has_credentials(lines: str) -> bool:
    """Whether the lines of an index hold a user name or a password."""
    return without_secrets(lines) != lines or "_PASSWORD=" in lines


def host_files(secrets: BuildSecrets) -> tuple[ContextFile, ...]:
    """What the classic builder, which has no secrets, gets as files of a builder stage.

    Raises `UserError` (`index-needs-buildkit`) for an index with credentials.
    """
    if has_credentials(secrets.index_lines):
        raise UserError(
            "index-needs-buildkit",
            "The package index of this machine has a user name or password, and the classic builder of this engine "
            "would keep it in the layers of its cache.",
            "Use an engine with BuildKit (a docker client of version 23 or later needs its buildx plugin), podman "
            "or buildah; or an index without a password.",
        )
    files = [ContextFile(f"{CONTEXT}/tools/ca.crt", source=secrets.certificate_bundle)]
    index = text_file(f"{CONTEXT}/tools/index.sh", secrets.index_lines)
    return (*(files if secrets.certificate_bundle else ()), *((index,) if secrets.index_lines else ()))


def proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The proxies of this machine as arguments of a build, which builders know and keep out of the image's history."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    return {name: environ[name] for each in names for name in (each, each.lower()) if environ.get(name)}
