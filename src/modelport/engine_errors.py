"""The errors for a container engine that does not answer, whoever asked it: its command line or its API."""

from __future__ import annotations

from urllib.parse import urlsplit

from modelport.errors import EngineError

WITHOUT_ENGINE = "LocalWebservice (modelport deploy) serves without an engine."


def unreachable_engine(kind: str, host: str, printed: str, *, found_at: str = "") -> EngineError:
    """The error for an engine that gave no answer.

    `kind` is docker, podman or buildah; `host` what DOCKER_HOST says, if it says anything; `found_at` where the engine
    was looked for without it; `printed` what the client or the operating system said. User names and passwords of an
    address are told to nobody.
    """
    place, secret = _without_user(host or found_at)
    where = f" at {place}" if place else ""
    shown = printed.replace(secret, "") if secret else printed
    lines = [line.strip() for line in shown.splitlines() if line.strip()]
    proof = next((line for line in lines if "permission denied" in line.lower()), lines[-1] if lines else "no answer")
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


def _without_user(address: str) -> tuple[str, str]:
    """An address without user name and password, and what was taken out: "ssh://me@build" -> "ssh://build", "me@"."""
    login, mark, _ = urlsplit(address).netloc.rpartition("@")
    secret = f"{login}{mark}"
    return (address.replace(secret, "", 1) if secret else address), secret
