"""Asks a base image what it is, by running a small program in it; the answers are kept by the image's identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelport.environments.interpreters import PROBE, InstalledPackage
from modelport.errors import ResolutionError, UserError
from modelport.images.engine import Engine, ImageFacts
from modelport.images.recipe.user_python import BaseFacts, BasePython
from modelport.storage.files import make_private_directory, write_durably

PROBE_TIMEOUT_SECONDS = 120.0
_SCRIPT = Path(__file__).with_name("in_build") / "probe.sh"


@dataclass(frozen=True)
class Prober:
    """Looks at base images with an engine; `pull` fetches one that the engine does not hold; `kept` is a folder of
    answers."""

    engine: Engine
    kept: Path
    find: Callable[[str], ImageFacts]

    def facts_of(self, reference: str, interpreter: str = "") -> BaseFacts:
        """What the base image is; with `interpreter`, that Python stands first if the image has it.

        Raises `UserError` (`base-unusable`), `ResolutionError` (`image-python-unavailable`) where the interpreter is
        not in the image, and what finding the image raises.
        """
        image = self.find(reference)
        answers = self._answers(reference, image, interpreter)
        about = answers[-1]
        if interpreter not in ("", "python", "python3") and not about["found"]:
            raise _interpreter_missing(reference, interpreter, [entry["executable"] for entry in answers[:-1]])
        pythons = tuple(BasePython(entry["executable"], entry["version"]) for entry in answers[:-1])
        identity = next((digest.rpartition("@")[2] for digest in image.digests), image.id)
        return BaseFacts(reference, identity, about["machine"], about["libc"], pythons, bool(about["has_bash"]))

    def packages_of(self, reference: str, interpreter: str) -> tuple[InstalledPackage, ...]:
        """What the Python at the path `interpreter` of a base image has installed."""
        answers = self._answers(reference, self.find(reference), interpreter)
        found = next((entry for entry in answers[:-1] if entry["executable"] == interpreter), answers[0])
        return tuple(
            InstalledPackage(entry["name"], entry["version"], tuple(entry["requires"]), entry["url"])
            for entry in found["packages"]
        )

    def _answers(self, reference: str, image: ImageFacts, interpreter: str) -> list[dict[str, Any]]:
        code = PROBE.read_text(encoding="utf-8").replace("sys.argv[1:]", '["packages"]')
        words = [_SCRIPT.read_text(encoding="utf-8"), "probe", code, interpreter or "python3"]
        key = hashlib.sha256(json.dumps([image.id, *words]).encode()).hexdigest()
        path = self.kept / f"{key}.json"
        try:
            kept: list[dict[str, Any]] = json.loads(path.read_bytes())
        except (OSError, ValueError):
            kept = self._ask(reference, image.id, words)
            make_private_directory(self.kept)
            write_durably(path, json.dumps(kept).encode())
        return kept

    def _ask(self, reference: str, image: str, words: list[str]) -> list[dict[str, Any]]:
        done = self._run(image, ["/bin/sh", "-c", *words])
        try:
            answers: list[dict[str, Any]] = [json.loads(line) for line in done[0].splitlines() if line.startswith("{")]
        except ValueError:
            answers = []
        if answers and "has_bash" in answers[-1]:
            return answers
        raise UserError(
            "base-unusable",
            f"The base image '{reference}' cannot run a shell, so nothing can be installed into it: {done[1]}",
            "Give a base image with /bin/sh and /bin/bash for the platform of the engine, or none for the default.",
        )

    def _run(self, image: str, words: list[str]) -> tuple[str, str]:
        """Output of a command in a container of the image, and why it failed."""
        if self.engine.kind == "buildah":
            return self._run_with_buildah(image, words)
        options = ["run", "--rm", "--network", "none", "--user", "0", "--workdir", "/", "--entrypoint", words[0]]
        done = self.engine.run([*options, image, *words[1:]], timeout_seconds=PROBE_TIMEOUT_SECONDS)
        return done.stdout, (done.stderr.strip().splitlines() or [f"exit code {done.exit_code}"])[-1]

    def _run_with_buildah(self, image: str, words: list[str]) -> tuple[str, str]:
        container = self.engine.run(["from", "--quiet", image]).stdout.strip()
        try:
            done = self.engine.run(["run", "--user", "0", container, "--", *words])
        finally:
            self.engine.run(["rm", container])
        return done.stdout, (done.stderr.strip().splitlines() or [f"exit code {done.exit_code}"])[-1]


def _interpreter_missing(reference: str, interpreter: str, there: list[str]) -> ResolutionError:
    return ResolutionError(
        "image-python-unavailable",
        f"The interpreter '{interpreter}', which the environment says its user keeps, is not in the base image "
        f"'{reference}'; there is: {', '.join(there) or 'no Python'}.",
        "Set python.interpreter_path to a Python of that image, or switch python.user_managed_dependencies off.",
    )
