"""Shell scripts that call `az ml`, run unchanged: an `az` of ours stands in front of the others on their PATH."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from modelport.cli.ml.az import BEHIND
from modelport.process import become
from modelport.settings import Settings

_SUFFIXES = (".sh", ".bash")
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh")


def is_shell_script(path: Path) -> bool:
    """Whether a file is run by a shell: by its name, or by its first line."""
    if path.suffix in _SUFFIXES:
        return path.is_file()
    return _interpreter(path)[-1:] != [] and Path(_interpreter(path)[-1]).name in _SHELLS


def run_shell_script(words: Sequence[str], settings: Settings) -> NoReturn:
    """Run a script with its arguments in place of this process; its exit code is that of the program."""
    script = Path(words[0])
    folder = _folder_of_az(settings.home)
    behind = settings.environ.get("PATH", os.defpath)
    environ = {**settings.environ, "PATH": f"{folder}{os.pathsep}{behind}", BEHIND: behind}
    interpreter = _interpreter(script) or ["bash" if script.suffix == ".bash" else "sh"]
    become([*interpreter, str(script), *words[1:]], environ)


def _interpreter(path: Path) -> list[str]:
    """The words of the first line of a script; none where it names no program."""
    try:
        with path.open("rb") as file:
            first = file.readline(256)
    except OSError:
        return []
    return first[2:].decode(errors="replace").split() if first.startswith(b"#!") else []


def _folder_of_az(home: Path) -> Path:
    """The folder with our `az`, written anew where it is for another Python."""
    folder = home / "bin"
    program = folder / "az"
    text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m modelport.cli.ml.az "$@"\n'
    if not program.is_file() or program.read_text(encoding="utf-8") != text:
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f".az-{os.getpid()}"
        made.write_text(text, encoding="utf-8")
        made.chmod(0o755)
        made.replace(program)
    return folder
