"""Brings a base image to the engine, and says why it could not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from modelport import process
from modelport.engine_errors import unreachable_engine
from modelport.images.build.builder import Report
from modelport.images.build.errors import build_error
from modelport.images.build.evidence import BuildFacts
from modelport.images.build.log import BuildLog, Progress
from modelport.images.build.masking import Masker
from modelport.images.engine import Engine, ImageFacts, image_facts

PULL_TIMEOUT_SECONDS: Final = 3600.0
_WORKING = ("Waiting", "Downloading", "Extracting", "Verifying", "Pulling fs layer", "Download complete")


def pull(engine: Engine, reference: str, report: Report, platform: str = "") -> ImageFacts:
    """Bring the image `reference` to the engine (for `platform`; default: the engine's own), and tell its facts.

    Raises `DeploymentError` (`base-not-found`, `base-not-allowed`, `build-network`, `build-certificate`,
    `wrong-architecture`), `StorageError` (`build-disk-full`) and `EngineError`.
    """
    log, mask = BuildLog(), Masker()
    log.feed(f"Step 1/1 : FROM {reference}")

    def take(line: str) -> None:
        progress = log.feed(mask(line))
        if progress and not progress.text.partition(": ")[2].startswith(_WORKING):
            report(Progress("note", text=progress.text))

    wanted = [f"--platform={platform}"] if platform and platform != engine.platform else []
    words = [str(engine.program), "pull", *wanted, reference]
    done = process.follow(words, take, environ=engine.environ, timeout_seconds=PULL_TIMEOUT_SECONDS)
    log.end(done.exit_code)
    if done.exit_code:
        raise build_error(log, BuildFacts(engine, f"FROM {reference}", platform, done.exit_code, Path()))
    facts = image_facts(engine, reference)
    if facts is None:
        raise unreachable_engine(engine.kind, engine.address, f"the image {reference} was pulled and is not there")
    return facts
