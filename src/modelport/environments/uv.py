"""Runs uv: with the index of the environment and of this machine, and nothing of the shell it was started from.

URLs of indexes go through the environment of the child, never through its arguments, which every user can list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modelport import process
from modelport.environments.specification import IndexOptions
from modelport.errors import UserError
from modelport.settings import PackageIndex

SOLVE_TIMEOUT_SECONDS = 1800.0
"""A solve takes seconds; one that must build old packages to learn what they need may take many minutes."""

# What the shell may have activated must not decide where packages are installed.
_DROPPED = (
    *("CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_CONSTRAINT", "UV_INDEX_URL", "UV_NO_INDEX", "UV_OVERRIDE"),
    *("UV_PROJECT", "UV_PYTHON", "UV_REQUIRE_HASHES", "UV_SYSTEM_PYTHON", "UV_WORKING_DIR", "VIRTUAL_ENV"),
)
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True)
class Uv:
    """uv with its environment and the options that hold for every command that fetches packages."""

    environ: Mapping[str, str] = field(repr=False)
    index_words: tuple[str, ...] = ()

    def run(
        self,
        words: Sequence[str | Path],
        *,
        directory: Path,
        on_line: Callable[[str], None] | None = None,
    ) -> process.Completed:
        """Run a command of uv in `directory` to its end; raises `UserError` (`uv-missing`) and `TimeoutError`."""
        timeout = None if on_line else SOLVE_TIMEOUT_SECONDS
        return process.run(
            [uv_program(), *words], environ=self.environ, directory=directory, timeout_seconds=timeout, on_line=on_line
        )


def uv_program() -> Path:
    """The uv that came with this installation; raises `UserError` (`uv-missing`)."""
    try:
        import uv

        return Path(uv.find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise UserError(
            "uv-missing",
            f"uv, which solves and installs environments, is not installed beside Modelport: {error}.",
            "Run: pip install --force-reinstall uv",
        ) from error


def make_uv(options: IndexOptions, host: PackageIndex, environ: Mapping[str, str]) -> Uv:
    """uv for an environment with the index `options` on a machine with the index `host`."""
    child = {name: value for name, value in environ.items() if name not in _DROPPED}
    child |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    child.setdefault("UV_LINK_MODE", "hardlink")
    extra = [_filled(url, environ) for url in options.extra_index_urls]
    links = [_filled(url, environ) for url in options.find_links]
    _put(child, "UV_DEFAULT_INDEX", _filled(options.index_url, environ) or host.index_url)
    if not environ.get("UV_INDEX"):  # it may hold names that credentials belong to: then it stays as it is
        extra = [*host.extra_index_urls, *extra]
    _put(child, "UV_EXTRA_INDEX_URL", " ".join(extra))
    _put(child, "UV_FIND_LINKS", ",".join([*host.find_links, *links]))
    _put(child, "UV_INSECURE_HOST", " ".join([*host.trusted_hosts, *options.trusted_hosts]))
    _put(child, "SSL_CERT_FILE", host.certificate_bundle)
    if extra:
        # pip looks at all indexes alike, and the files and settings that name a second one were written for pip.
        child.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return Uv(child, _words(options, no_index=options.no_index or host.no_index))


def _words(options: IndexOptions, *, no_index: bool) -> tuple[str, ...]:
    words = ["--no-index"] if no_index else []
    words += ["--prerelease", "allow"] if options.pre_releases else []
    words += [word for name in options.only_binary for word in ("--only-binary", name)]
    return (*words, *(word for name in options.no_binary for word in ("--no-binary", name)))


def _put(child: dict[str, str], name: str, value: str) -> None:
    if value:
        child[name] = value
    else:
        child.pop(name, None)


def _filled(url: str, environ: Mapping[str, str]) -> str:
    """Fill in `${NAME}`; a variable that is not set stays as it is, and the index refuses it by name."""
    return _VARIABLE.sub(lambda match: environ.get(match[1], match[0]), url)


def without_secrets(text: str) -> str:
    """The text with user names and passwords of URLs taken out.

    >>> without_secrets("GET https://me:secret@host/simple")
    'GET https://host/simple'
    """
    return _CREDENTIALS.sub("", text)
