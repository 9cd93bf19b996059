"""Run in a builder stage, with py-rattler: installs the conda packages of a lock, each checked by its digest.

    python conda_install.py /modelport/env /opt/modelport/env
"""

import asyncio
import hashlib
import json
import os
import shutil
import sys
import urllib.request
from typing import Any, Dict

import rattler

DOWNLOADS = "/modelport/cache/conda"


def main() -> None:
    """Install what conda.json lists."""
    source, target = sys.argv[1:]
    with open(os.path.join(source, "conda.json")) as file:
        lock = json.load(file)
    files = [archive_of(package, os.path.join(source, "packages")) for package in lock["packages"]]
    asyncio.run(install(files, target, lock["subdir"]))


async def install(files: Any, target: str, subdir: str) -> None:
    """Link the packages into the folder that they will be run from."""
    records = [await rattler.RepoDataRecord.from_package_archive(path) for path in files]
    await rattler.install(
        records, target, cache_dir="/modelport/rattler-cache", platform=rattler.Subdir(subdir), show_progress=False,
        execute_link_scripts=False,
    )  # fmt: skip


def archive_of(package: Dict[str, str], local: str) -> str:
    """The file of a package: the one in the context, or fetched (once, where the builder keeps a cache)."""
    path = os.path.join(local, package["file_name"])
    if not os.path.exists(path):
        path = os.path.join(DOWNLOADS, package["sha256"], package["file_name"])
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            # The URL is the channel's own, and what it gives is compared with the digest of the lock.
            with urllib.request.urlopen(package["url"]) as answer, open(path + ".part", "wb") as file:  # noqa: S310
                shutil.copyfileobj(answer, file)
            os.replace(path + ".part", path)
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    if digest != package["sha256"]:
        sys.exit("hash mismatch: %(file_name)s is not the file that was locked (%(url)s)" % package)
    return path


main()
# Threads of py-rattler may still be busy with what nobody waits for, and would abort an interpreter that ends as usual.
sys.stdout.flush()
os._exit(0)
