"""The packages that the cases of the corpus ask for: a folder of tiny wheels, which stands for the package index."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SCALED = "def scaled(values):\n    return [value * 1 for value in values]\n"
_BOOST = "def predict(values):\n    return sum(values)\n"
_TORCH = '''
class Model:
    def to(self, device):
        if device != "cpu":
            raise RuntimeError("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU.")
        return self

    def __call__(self, values):
        return sum(values)


def load():
    return Model()
'''
# A build backend of its own, so that a build needs no index; it fails as setuptools does without a compiler.
_BACKEND = '''
import sys

def build_wheel(*_, **__):
    print("building 'mp_native' extension")
    print("x86_64-linux-gnu-gcc -c mp_native.c -o build/mp_native.o")
    sys.exit("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory")
'''


@dataclass(frozen=True)
class Package:
    """One wheel: its name and version, the text of its only module, and what its metadata says."""

    name: str
    version: str = "1.0"
    text: str = ""
    module: str = ""
    requires: str = ""
    python: str = ""
    tag: str = "py3-none-any"


PACKAGES = (
    Package("mp-scaling", text=_SCALED),
    Package("mp-columns", "1.0", "VERSION = '1.0'\n"),
    Package("mp-columns", "2.0", "VERSION = '2.0'\n"),
    Package("mp-report", requires="mp-columns<2"),
    Package("mp-boost", text=_BOOST),
    Package("mp-boost-gpu", text=f"import ctypes\n\nctypes.CDLL('libcudart.so.9.0')\n\n{_BOOST}", module="mp_boost"),
    Package("mp-torch", text=_TORCH),
    Package("mp-legacy", tag="cp37-cp37m-manylinux2014_x86_64"),
    Package("mp-future", python=">=3.99"),
    Package("mp-metal", tag="cp312-cp312-macosx_12_0_arm64"),
    Package("mp-native", "1.0"),
)


def stock(shelf: Path) -> None:
    """Put every package on the shelf."""
    for package in PACKAGES:
        _put_wheel(shelf, package)
    _put_source(shelf, "mp-native", "2.0")
    _put_files(shelf / "xgboost-1.0-py3-none-any.whl", _XGBOOST)


def _put_wheel(shelf: Path, package: Package) -> None:
    stem = package.name.replace("-", "_")
    metadata = f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {package.version}\n"
    metadata += f"Requires-Dist: {package.requires}\n" if package.requires else ""
    metadata += f"Requires-Python: {package.python}\n" if package.python else ""
    folder = f"{stem}-{package.version}.dist-info"
    wheel = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {package.tag}\n"
    files = {f"{package.module or stem}.py": package.text, f"{folder}/METADATA": metadata + "\n"}
    files |= {f"{folder}/WHEEL": wheel, f"{folder}/RECORD": ""}
    _put_files(shelf / f"{stem}-{package.version}-{package.tag}.whl", files)


def _put_files(wheel: Path, files: Mapping[str, str]) -> None:
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def _put_source(shelf: Path, name: str, version: str) -> None:
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": f'[project]\nname = "{name}"\nversion = "{version}"\n\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": _BACKEND,
    }
    with tarfile.open(shelf / f"{name.replace('-', '_')}-{version}.tar.gz", "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name.replace('-', '_')}-{version}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


# A class at the place where the pickle of model/package-of-the-training looks for it.
_XGBOOST = {
    "xgboost/__init__.py": "",
    "xgboost/sklearn.py": "class XGBRegressor:\n    def predict(self, xs):\n        return self.factor * sum(xs)\n",
    "xgboost-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: xgboost\nVersion: 1.0\n\n",
    "xgboost-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "xgboost-1.0.dist-info/RECORD": "",
}
