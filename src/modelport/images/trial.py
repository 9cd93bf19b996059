"""Asks an image one question: a container on a free loopback port, made for it and removed again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from modelport.errors import DeploymentError, ScoringError
from modelport.images.engine import Engine
from modelport.images.recipe.recipe import PORT

TRIAL_LABEL = "dev.modelport.trial"
_START_SECONDS = 300.0
_ANSWER_SECONDS = 300.0
_POLL_SECONDS = 0.1
_LOG_LINES = "30"


def ask_image(engine: Engine, image: str, body: bytes) -> bytes:
    """Send `body` to the script in a container of `image` and return the answer.

    Raises `DeploymentError` (`image-run-failed`) where the container does not become ready, with its last lines;
    `ScoringError` (`scoring-failed`) for a status other than 200.
    """
    with _container(engine, image) as container, urllib3.PoolManager(retries=False) as pool:
        address = _address(engine, container)
        _wait_until_ready(engine, container, pool, address)
        answer = pool.request(
            "POST", f"{address}/score", body=body, headers={"Content-Type": "application/json"},
            timeout=_ANSWER_SECONDS,
        )  # fmt: skip
    if answer.status == 200:
        return bytes(answer.data)
    text = answer.data.decode(errors="replace")
    raise ScoringError(
        "scoring-failed",
        f"A container of the image answered {answer.status}: {text[:2000]}",
        "Run it by hand to see its log: docker run --rm -p 8000:5001 IMAGE",
        status=answer.status,
        body=text,
    )


@contextmanager
def _container(engine: Engine, image: str) -> Iterator[str]:
    words = ["run", "--detach", f"--label={TRIAL_LABEL}=true", f"--publish=127.0.0.1::{PORT}", image]
    done = engine.run(words)
    if done.exit_code:
        raise _failed(image, done.stderr)
    container = done.stdout.strip()
    try:
        yield container
    finally:
        engine.run(["rm", "--force", "--volumes", container])


def _address(engine: Engine, container: str) -> str:
    done = engine.run(["port", container, str(PORT)])
    if done.exit_code or not done.stdout.strip():
        raise _failed(container, _last_lines(engine, container))
    return f"http://{done.stdout.split()[0]}"


def _wait_until_ready(engine: Engine, container: str, pool: urllib3.PoolManager, address: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            if pool.request("GET", f"{address}/readyz", timeout=_ANSWER_SECONDS).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            running = engine.run(["inspect", "--format", "{{.State.Running}}", container]).stdout.strip()
            if running != "true":
                raise _failed(container, _last_lines(engine, container)) from None
        time.sleep(_POLL_SECONDS)
    raise _failed(container, _last_lines(engine, container))


def _last_lines(engine: Engine, container: str) -> str:
    done = engine.run(["logs", "--tail", _LOG_LINES, container])
    return f"{done.stdout}{done.stderr}".strip()


def _failed(what: str, lines: str) -> DeploymentError:
    shown = "".join(f"\n  | {line}" for line in lines.splitlines() if not line.startswith("@modelport-event"))
    return DeploymentError(
        "image-run-failed",
        f"A container of the image ({what[:12]}) did not become ready; its last lines:{shown or ' none'}",
        "Correct what they say, build the image again; or run it by hand: docker run --rm -p 8000:5001 IMAGE",
        step="start",
    )
