"""The programs of the builder stages: uv for the image's platform, and the scripts beside it."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

from modelport.environments.options import RealisationOptions
from modelport.environments.specification import IndexOptions
from modelport.environments.uv import make_uv, uv_program, without_secrets
from modelport.errors import ResolutionError
from modelport.images.recipe.context import ContextFile
from modelport.images.recipe.recipe import CONTEXT
from modelport.images.recipe.user_python import PythonPlan
from modelport.storage.files import locked, make_private_directory

_SCRIPTS = Path(__file__).with_name("in_build")
_ALWAYS = ("settings.sh", "install.sh")
_BY_HOW = {"copied": ("copy_python.py",), "uv": ("get_python.sh",), "conda": ("conda.sh", "conda_install.py")}
_LIBC_WORDS = {"glibc": "gnu", "musl": "musl"}


def tool_files(pythons: PythonPlan, options: RealisationOptions) -> tuple[ContextFile, ...]:
    """The files of the stages' folder of tools: only what these Pythons need.

    Raises `ResolutionError` (`uv-for-platform`) where uv for the image's platform cannot be had.
    """
    chosen = (name for each in (pythons.server, pythons.user) for name in _BY_HOW.get(each.how, ()))
    names = dict.fromkeys((*_ALWAYS, *chosen))
    scripts = [ContextFile(f"{CONTEXT}/tools/{name}", source=_SCRIPTS / name) for name in names]
    uv = _uv_for(pythons.base.machine, pythons.base.libc, options)
    return (*scripts, ContextFile(f"{CONTEXT}/tools/uv", source=uv, executable=True))


def _uv_for(machine: str, libc: str, options: RealisationOptions) -> Path:
    """uv of the version that is installed here, for another machine too."""
    family = libc.partition(" ")[0] or "glibc"
    if (platform.system(), platform.machine()) == ("Linux", machine) and family == (platform.libc_ver()[0] or "musl"):
        return uv_program()
    version = metadata.version("uv")
    folder = options.home / "tools" / f"uv-{version}-{machine}-{family}"
    make_private_directory(folder.parent)
    with locked(folder.with_name(f".{folder.name}.lock")):
        if not (folder / "bin" / "uv").exists():
            _fetch(version, f"{machine}-unknown-linux-{_LIBC_WORDS[family]}", folder, options)
    return folder / "bin" / "uv"


def _fetch(version: str, target: str, folder: Path, options: RealisationOptions) -> None:
    uv = make_uv(IndexOptions(), options.index, options.environ)
    words = ["pip", "install", "--quiet", "--target", str(folder), "--python-platform", target, "--no-deps"]
    done = uv.run([*words, "--only-binary", ":all:", f"uv=={version}", *uv.index_words], directory=folder.parent)
    if done.exit_code:
        raise ResolutionError(
            "uv-for-platform",
            f"uv {version} for {target}, which installs packages into the image, cannot be had.\nuv says:\n"
            f"{without_secrets(done.stderr).rstrip()}",
            "Build on an engine of this machine's own platform, or make the package index reachable.",
        )
