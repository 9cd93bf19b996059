"""Lets every program of an environment find Modelport behind `import azureml…`, and takes that away again.

One file in the environment's site-packages does it, which Python reads at each start. It loads nothing until a program
imports azureml (or what scoring scripts import besides), and it comes after everybody else, so that a real azureml-core
installed later is used and untouched.
"""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

from modelport.errors import ConflictError, StorageError

FILE_NAME = "modelport-azureml.pth"
_REAL = "azureml-core"
# Python runs a line of such a file only if it begins with "import", and it must be one line.
_LINE = (
    "import sys; sys.meta_path.append(type('ModelportFinder', (), {'find_spec': staticmethod(lambda name, path=None, "
    "target=None: __import__('modelport.v1_imports.finder', fromlist=['BEHIND_OTHERS']).BEHIND_OTHERS.find_spec("
    "name, path, target) if name.partition('.')[0] in ('azureml', 'azureml_inference_server_http', 'inference_schema', "
    "'ptvsd') else None)}))\n"
)


@dataclass(frozen=True)
class Installation:
    """How an environment answers `import azureml…`: the file, whether it is there, and the real package's version."""

    file: Path
    is_installed: bool
    real_version: str = ""

    def to_dict(self) -> dict[str, object]:
        """The same as JSON-ready words."""
        return {"file": str(self.file), "installed": self.is_installed, "azureml_core": self.real_version or None}


def installation(site_packages: Path | None = None) -> Installation:
    """The present state of the environment that runs this program (or of another folder of packages)."""
    folder = Path(sysconfig.get_path("purelib")) if site_packages is None else site_packages
    return Installation(folder / FILE_NAME, (folder / FILE_NAME).is_file(), _real_version(site_packages))


def install(site_packages: Path | None = None) -> Installation:
    """Write the file; where it is there already, nothing changes.

    Raises `ConflictError` (`azureml-core-installed`) and `StorageError` (`site-packages-not-writable`).
    """
    before = installation(site_packages)
    if before.real_version:
        raise ConflictError(
            "azureml-core-installed",
            f"azureml-core {before.real_version} is installed in this environment: its programs find the real one.",
            "Uninstall it first: pip uninstall azureml-core   Or leave it and start programs with: modelport run-v1",
        )
    try:
        before.file.write_text(_LINE, encoding="utf-8")
    except OSError as error:
        raise _not_writable(before.file, error) from error
    return installation(site_packages)


def uninstall(site_packages: Path | None = None) -> Installation:
    """Remove the file; where there is none, nothing changes. Raises `StorageError` (`site-packages-not-writable`)."""
    file = installation(site_packages).file
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise _not_writable(file, error) from error
    return installation(site_packages)


def _real_version(site_packages: Path | None) -> str:
    """The version of azureml-core, "unknown" where its files lie there without a record of pip, "" where it is not."""
    path = sys.path if site_packages is None else [str(site_packages)]
    found = next(iter(metadata.distributions(name=_REAL, path=path)), None)
    if found is not None:
        return found.version
    root = PathFinder.find_spec("azureml", path)
    places = (root.submodule_search_locations or ()) if root else ()
    return "unknown" if any((Path(place) / "core" / "__init__.py").is_file() for place in places) else ""


def _not_writable(file: Path, error: OSError) -> StorageError:
    return StorageError(
        "site-packages-not-writable",
        f"The folder of packages '{file.parent}' cannot be written: {error.strerror or error}.",
        "Use an environment of your own: python -m venv .venv   Or start programs with: modelport run-v1",
    )
