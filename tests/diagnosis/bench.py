"""Lays a case of the corpus out, types its commands, asks its service, and applies its remedy."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.diagnosis.case import Case, Http

from modelport.cli import main

_HEADINGS = "Deploying|Updating|Reloading|Registering|Creating|Registered"
_PROGRESS = re.compile(rf"({_HEADINGS}) |  [a-z]+ +(done|FAILED|[0-9 ])")
_CODE = re.compile(r"  \[([a-z0-9-]+)\]$", re.MULTILINE)
_THEN = re.compile(r"Then: (modelport [^\n]+?)(?: \(|  \[|$)", re.MULTILINE)
_SERVICE = "churn"


@dataclass(frozen=True)
class Ended:
    """How a command ended; `screen` is what a terminal shows of both streams, in order."""

    exit_code: int
    screen: str
    stdout: str

    @property
    def report(self) -> str:
        """What is printed from the failure on: the screen without the steps that went before."""
        lines = self.screen.splitlines(keepends=True)
        while lines and (_PROGRESS.match(lines[0]) or not lines[0].strip()):
            lines.pop(0)
        return "".join(lines)

    @property
    def code(self) -> str:
        """The code of the error, "" if there is none."""
        found = _CODE.findall(self.screen)
        return found[-1] if found else ""

    @property
    def then(self) -> str:
        """The command that the remedy ends with, "" if it names none."""
        found = _THEN.findall(self.screen)
        return found[-1] if found else ""


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    body: str

    @property
    def code(self) -> str:
        """The code of the problem, "" if the answer is none."""
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            return str(json.loads(self.body).get("code", ""))
        return ""


class _Ear(io.BytesIO):
    """A stream that remembers, in one list with others, what was written to it."""

    def __init__(self, heard: list[bytes]) -> None:
        super().__init__()
        self._heard = heard

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._heard.append(bytes(data))
        return super().write(data)


class Bench:
    """One case, laid out in a folder that is the working directory."""

    def __init__(self, case: Case, folder: Path, shelf: Path, patch: pytest.MonkeyPatch) -> None:
        self.case = case
        self.shelf = shelf
        self.folder = folder
        self._patch = patch
        self._base = os.environ.get("MODELPORT_BASE_IMAGE", "")
        self._taken = socket.create_server(("127.0.0.1", 0))
        self.port = self._taken.getsockname()[1]
        if not case.world.port_taken:
            self._taken.close()
        shutil.copytree(case.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("case.toml", "__pycache__"))
        for path in folder.rglob("*"):
            self._fill_in(path)
        patch.chdir(folder)
        for name, value in _surroundings(folder.parent, shelf, case).items():
            patch.setenv(name, self._worded(value))

    def _worded(self, text: str) -> str:
        places = {"{port}": str(self.port), "{folder}": str(self.folder), "{shelf}": str(self.shelf)}
        places["{base}"] = self._base
        for word, place in places.items():
            text = text.replace(word, place)
        return text

    def _fill_in(self, path: Path) -> None:
        content = path.read_bytes() if path.is_file() else b""
        if b"{port}" in content or b"{folder}" in content:
            path.write_bytes(self._worded(content.decode()).encode())

    def close(self) -> None:
        """Give the port back."""
        self._taken.close()

    # -- what the user types ---------------------------------------------------------------------------------------

    def type(self, command: str) -> Ended:
        """Run one command: `modelport …` in this process, `python …` as a program."""
        program, *words = shlex.split(self._worded(command))
        if program == "modelport":
            return self._modelport(words)
        if program != "python":
            raise ValueError(f"{self.case.name}: '{program}' is neither modelport nor python")
        done = subprocess.run(
            [sys.executable, *words], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        return Ended(done.returncode, done.stdout + done.stderr, done.stdout)

    def _modelport(self, words: list[str]) -> Ended:
        heard: list[bytes] = []
        out, err = (io.TextIOWrapper(_Ear(heard), "utf-8", write_through=True) for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
        return Ended(code, b"".join(heard).decode(), out.buffer.getvalue().decode())  # type: ignore[attr-defined]

    def prepare(self) -> None:
        """What the user did before: the model is trained."""
        for command in self.case.before:
            self._must(command)

    def deploy(self) -> Ended:
        """Type the commands; all but the last one work."""
        *first, last = self.case.commands
        for command in first:
            self._must(command)
        return self.type(last)

    def _must(self, command: str) -> None:
        done = self.type(command)
        if done.exit_code:
            raise RuntimeError(f"{self.case.name}: {command}\n{done.screen}")

    def repair(self, printed: Ended) -> Ended:
        """Apply the remedy of the case: its edits, then its commands; the last one's end."""
        remedy = self.case.remedy
        for edit in remedy.edits:
            path = self.folder / edit.file
            text = path.read_text(encoding="utf-8") if edit.old else ""
            old, new = self._worded(edit.old), self._worded(edit.new)
            if old not in text:
                raise ValueError(f"{self.case.name}: {edit.file} does not hold {old!r}")
            path.write_text(text.replace(old, new) if old else new, encoding="utf-8")
        if self.case.world.port_taken:
            self.close()
        for name, value in remedy.environment.items():
            self._patch.setenv(name, self._worded(value))
        reload = f"modelport service reload {_SERVICE}"
        again = (printed.then or reload,) if printed.then or not printed.exit_code else self.case.commands
        done = printed
        for command in remedy.commands or again:
            done = self.type(command)
        return done

    # -- what a client asks ----------------------------------------------------------------------------------------

    def ask(self) -> list[Answer]:
        """Send the request of the case, as often as it says; the answers."""
        return self._send(self.case.request, self.case.http)

    def ask_as_remedied(self) -> list[Answer]:
        """The same, as the client does it who heeded the remedy."""
        remedy, asked = self.case.remedy, self.case.http
        request = self.case.request if remedy.request is None else remedy.request
        return self._send(request, asked and replace(asked, nested=0, **remedy.http))

    def _send(self, request: str, asked: Http | None) -> list[Answer]:
        if asked is None:
            done = self.type(shlex.join(["modelport", "service", "run", _SERVICE, "--data", request]))
            return [Answer(0 if done.exit_code else 200, done.screen if done.exit_code else done.stdout.strip())]
        shown = json.loads(self.type(f"modelport service show {_SERVICE} -o json").stdout)
        headers = {name: self._with_key(value) for name, value in asked.headers.items()}
        content = _content(asked, request)

        def send(number: int) -> Answer:
            connection = http.client.HTTPConnection(urlsplit(shown["scoring_uri"]).netloc, timeout=30)
            with contextlib.closing(connection):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was refused before it was read
                    connection.request(asked.method, asked.path, content.replace(b"{number}", b"%d" % number), headers)
                reply = connection.getresponse()
                return Answer(reply.status, reply.read().decode())

        with ThreadPoolExecutor(asked.together) as pool:
            return list(pool.map(send, range(asked.times * asked.together)))

    def _with_key(self, value: str) -> str:
        if "{key}" not in value:
            return value
        keys = json.loads(self.type(f"modelport service keys {_SERVICE} -o json").stdout)
        return value.replace("{key}", keys["primary"])

    def is_answered(self, answers: list[Answer]) -> bool:
        """Whether each answer is the one that is right."""
        wanted = [json.loads(each) for each in self.case.answers or [self.case.answer] * len(answers)]
        return [(each.status, _value(each.body)) for each in answers] == [(200, value) for value in wanted]


def _surroundings(folder: Path, shelf: Path, case: Case) -> dict[str, str]:
    """A home of the case's own, the shelf as the only index of packages, and what is special about the case.

    An image needs packages for its server, which are none of the shelf's.
    """
    home = {"MODELPORT_HOME": str(folder / "home")}
    if "engine" in case.needs:
        return {**home, **case.world.environment}
    index = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf)}
    cache = {"UV_CACHE_DIR": str(shelf.parent / "uv-cache")}
    return {**home, **index, **cache, **case.world.environment}


def _content(asked: Http, request: str) -> bytes:
    if asked.body_hex:
        return bytes.fromhex(asked.body_hex)
    if asked.nested:
        return b"[" * asked.nested + b"]" * asked.nested
    return request.encode().ljust(asked.size_bytes)


def _value(body: str) -> object:
    with contextlib.suppress(ValueError):
        return json.loads(body, parse_constant=lambda word: f"not JSON: {word}")
    return f"not JSON: {body}"
