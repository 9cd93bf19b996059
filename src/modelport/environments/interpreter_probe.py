"""Run by path under any Python from 3.6 on: prints what that Python is, and with "packages" what it has installed."""

import sys

sys.path.pop(0)  # the folder of this file: nothing in it may stand in for the standard library

import json
import os
import platform
from pathlib import Path
from typing import Any, Dict, List  # noqa: UP035 - the plain types take no parameters in Python 3.6


def markers() -> Dict[str, str]:  # noqa: UP006
    """The values that environment markers (PEP 508) are compared with."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": platform.python_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def packages() -> List[Dict[str, Any]]:  # noqa: UP006
    """Every installed distribution, read from its files: `importlib.metadata` exists only since Python 3.8."""
    found = {}  # type: Dict[str, Dict[str, Any]]
    for folder in map(Path, sys.path):
        if not folder.is_dir():
            continue
        for entry in sorted(folder.iterdir()):
            if entry.name.endswith((".dist-info", ".egg-info")):
                package = read_package(entry)
                found.setdefault(package["name"].lower(), package)
    return [package for name, package in found.items() if name]


def read_package(path: Path) -> Dict[str, Any]:  # noqa: UP006
    """Name, version, requirements and origin of the distribution whose metadata lie at `path`."""
    package = {"name": "", "version": "", "requires": [], "url": ""}  # type: Dict[str, Any]
    for candidate in (path / "METADATA", path / "PKG-INFO", path):
        if candidate.is_file():
            read_header(candidate, package)
            break
    origin = path / "direct_url.json"
    if origin.is_file():
        package["url"] = json.loads(origin.read_text(encoding="utf-8")).get("url", "")
    return package


def read_header(path: Path, package: Dict[str, Any]) -> None:  # noqa: UP006
    """Fill `package` from the header of a METADATA file, which ends at the first empty line."""
    for line in path.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0].splitlines():
        if line[:1].isspace():
            continue  # a folded line: the licence of scipy has a "Name:" of its own
        key, _, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "requires-dist":
            package["requires"].append(value)
        elif key in ("name", "version"):
            package[key] = value


def main() -> None:
    """Print one line of JSON."""
    facts = {
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "version": platform.python_version(),
        "markers": markers(),
        "packages": packages() if "packages" in sys.argv[1:] else [],
    }
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
