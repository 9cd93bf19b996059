"""The errors for an engine that does not answer, from what its client prints."""

from __future__ import annotations

from collections.abc import Mapping

from modelport.errors import EngineError

WITHOUT_ENGINE = "LocalWebservice (modelport deploy) serves without an engine."


def unreachable_engine(kind: str, environ: Mapping[str, str], printed: str) -> EngineError:
    """The error for a client that got no answer from its engine; `printed` is what the client said."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    proof = next((line for line in lines if "permission denied" in line.lower()), lines[-1] if lines else "no answer")
    host = environ.get("DOCKER_HOST", "")
    where = f" at {_without_user(host)}" if host else ""
    if "permission denied" in proof.lower():
        return EngineError(
            "engine-not-allowed",
            f"This user may not use the {kind} engine{where}: {proof}",
            "Add the user to the group that owns the engine's socket (sudo usermod -aG docker $USER, then log in "
            f"again), or use a rootless engine. {WITHOUT_ENGINE}",
        )
    return EngineError(
        "engine-not-running",
        f"The {kind} engine{where} does not answer: {proof}",
        f"{_start_it(kind, host)} {WITHOUT_ENGINE}",
    )


def _start_it(kind: str, host: str) -> str:
    if host:
        return f"Check that DOCKER_HOST is right and that the engine there runs: {kind} version."
    return f"Start it: sudo systemctl start {kind}." if kind == "docker" else f"See: {kind} version."


def _without_user(host: str) -> str:
    """An address without user name and password: "ssh://me@build" -> "ssh://build"."""
    scheme, mark, rest = host.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else host
