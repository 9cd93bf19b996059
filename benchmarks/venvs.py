"""The virtual environments of the contenders, made once by uv under benchmarks/.venvs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.contenders import Contender

VENVS = Path(__file__).parent / ".venvs"


def prepare(contender: Contender) -> None:
    """Make the environment of a contender, unless one with the same requirements is there."""
    folder, wanted = VENVS / contender.venv, "\n".join(contender.requirements)
    stamp = folder / "requirements.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing {contender.venv}: {', '.join(contender.requirements)}", flush=True)
    VENVS.mkdir(exist_ok=True)
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *contender.requirements], check=True)
    stamp.write_text(wanted)


def distributions(contender: Contender) -> dict[str, str]:
    """Every distribution in a contender's environment with its version."""
    code = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    python = str(VENVS / contender.venv / "bin" / "python")
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return dict(word.split("==", 1) for word in done.stdout.split())
