"""Run by an older Python (3.6 or later) inside its own image: copies that Python, so that it runs in a newer image.

    python copy_python.py /opt/modelport/python-3.9

The folder gets the interpreter, its standard library, and the shared libraries that it needs beside the C library's
own. `bin/python3.9` is a small wrapper: the libraries are looked up in the folder for this interpreter alone, and not
for the programs that it starts.
"""

import os
import re
import shutil
import stat
import sys
import sysconfig
from typing import List, Set

# The C library must be that of the image where the interpreter runs: its parts belong to one loader.
C_LIBRARY = re.compile(
    r"(?:ld|ld-linux[\w-]*|libc|libm|libdl|librt|libutil|libpthread|libresolv|libnsl|libanl|libnss_\w+|libthread_db"
    r"|libBrokenLocale|libmvec)(?:-[\d.]+)?\.so(?:\.[\d.]+)?$"
)
LEFT_OUT = ("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "site-packages",
            "dist-packages", "config-*", "*.a", "sitecustomize.py")  # fmt: skip

WRAPPER = """#!/bin/bash
LD_LIBRARY_PATH={shared}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}} exec -a "$0" {program} "$@"
"""
# A line that every virtual environment of this interpreter gets (install.sh). The loader has read the variable when
# Python starts; what Python starts must not see it.
SITE = (
    "import os; _p = os.environ.pop('LD_LIBRARY_PATH', ''); _r = _p.partition('{shared}')[2].lstrip(':'); "
    "_r and os.environ.update(LD_LIBRARY_PATH=_r)\n"
)


def main() -> None:
    """Copy this interpreter into the folder given."""
    target = sys.argv[1]
    version = "python%d.%d" % sys.version_info[:2]
    library = os.path.join(target, "lib", version)
    shutil.copytree(sysconfig.get_path("stdlib"), library, symlinks=False, ignore=ignored)
    extensions = sysconfig.get_config_var("DESTSHARED") or os.path.join(sysconfig.get_path("platstdlib"), "lib-dynload")
    if not os.path.isdir(os.path.join(library, "lib-dynload")):
        shutil.copytree(extensions, os.path.join(library, "lib-dynload"))
    shared = os.path.join(target, "shared")
    os.makedirs(shared)
    for file in sorted(libraries_of(extensions)):
        copy_library(file, shared)
    programs = os.path.join(target, "bin")
    os.makedirs(programs)
    program = os.path.join(programs, version + ".program")
    shutil.copy2(os.path.realpath(sys.executable), program)
    write(os.path.join(programs, version), WRAPPER.format(shared=shared, program=program))
    write(os.path.join(target, "libraries.pth"), SITE.format(shared=shared))


def ignored(folder: str, names: List[str]) -> Set[str]:
    """What is not needed to serve, and links that lead nowhere."""
    found = set(shutil.ignore_patterns(*LEFT_OUT)(folder, names))
    return found.union(name for name in names if not os.path.exists(os.path.join(folder, name)))


def libraries_of(extensions: str) -> Set[str]:
    """Every shared library that the interpreter has in memory once all extension modules are loaded."""
    import ctypes

    for name in sorted(os.listdir(extensions)):
        try:
            ctypes.CDLL(os.path.join(extensions, name))
        except OSError:
            continue  # an optional module whose library is not installed: it could not be imported here either
    with open("/proc/self/maps") as maps:
        files = {line.split(None, 5)[5].strip() for line in maps if line.count("/")}
    return {
        file
        for file in files
        if ".so" in os.path.basename(file) and os.path.dirname(file) != os.path.realpath(extensions)
        and not C_LIBRARY.match(os.path.basename(file))
    }  # fmt: skip


def copy_library(file: str, shared: str) -> None:
    """Copy one library, with the links beside it that lead to it: programs ask for it by one of these names."""
    folder, own_name = os.path.split(file)
    shutil.copyfile(file, os.path.join(shared, own_name))
    for name in sorted(os.listdir(folder)):
        if ".so" in name and name != own_name and same(os.path.join(folder, name), file):
            os.symlink(own_name, os.path.join(shared, name))


def same(path: str, file: str) -> bool:
    """Whether a path leads to the file."""
    return os.path.realpath(path) == os.path.realpath(file)


def write(path: str, text: str) -> None:
    """Write a text that everybody may read and run."""
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH | 0o111)


main()
