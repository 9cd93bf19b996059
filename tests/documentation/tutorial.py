"""Runs the blocks of docs/tutorial.md in order, as a reader would, and tells what each printed.

    python tests/documentation/tutorial.py          rewrites the outputs in the page with what is printed now

A block ```python is run in one namespace with all others; the block ```text behind it is its output. In a block
```console the lines behind "$ " are run by a shell, each followed by its output.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def blocks(text):
    """(kind, what is typed, the expected output) of each block."""
    for found in BLOCK.finditer(text):
        kind, content, output = found.groups()
        if kind == "python":
            yield kind, content, output or ""
            continue
        for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield kind, command, printed


def run_here(typed):
    """Run blocks in the present folder and home; a list of what they printed."""
    namespace, outputs = {}, []
    try:
        for kind, content in typed:
            outputs.append(_run_python(content, namespace) if kind == "python" else _run_shell(content))
    finally:
        _delete_services()
    return outputs


def _run_python(content, namespace):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(content, "tutorial", "exec"), namespace)
    return printed.getvalue()


def _run_shell(command):
    done = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    )
    return done.stdout


def _delete_services():
    from modelport import Workspace

    for name in Workspace.list():
        for service in Workspace.get(name).webservices.values():
            with contextlib.redirect_stdout(io.StringIO()):
                service.delete()


def run_apart(typed):
    """Run blocks in a process with a home of its own, in a copy of the example; the outputs with tidy paths."""
    folder = Path(tempfile.mkdtemp(prefix="t-")).resolve()  # short: sockets lie in it
    project = folder / "diabetes"
    shutil.copytree(ROOT / "examples" / "diabetes", project)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environ = {**os.environ, "PATH": path, "MODELPORT_HOME": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
    environ["MODELPORT_RUNTIME_DIR"] = str(folder / "run")
    environ.pop("MODELPORT_WORKSPACE", None)
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--here"], input=json.dumps(typed), cwd=project, env=environ,
            capture_output=True, text=True, timeout=110, check=False,
        )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    places = (project, folder / "home", sys.prefix)
    names = dict(zip(map(str, places), ("/home/me/diabetes", "/home/me/.modelport", "/home/me/venv"), strict=True))
    return [_tidy(output, names) for output in json.loads(done.stdout.splitlines()[-1])]


def _tidy(output, names):
    for path, name in names.items():
        output = output.replace(path, name)
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())


def rewrite(text):
    """The page with the outputs of now."""
    outputs = iter(run_apart([(kind, content) for kind, content, _ in blocks(text)]))

    def block(found):
        kind, content, _ = found.groups()
        if kind == "python":
            printed = next(outputs)
            return f"```python\n{content}```\n" + (f"\n```text\n{printed}```\n" if printed else "")
        commands = [part.partition("\n")[0] for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]]
        return "```console\n" + "".join(f"$ {command}\n{next(outputs)}" for command in commands) + "```\n"

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--here"]:
        sys.stdout.write("\n" + json.dumps(run_here(json.loads(sys.stdin.read()))) + "\n")
    else:
        PAGE.write_text(rewrite(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
