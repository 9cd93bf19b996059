"""Says why a build failed (pure): one error for each cause, with the lines of the log that prove it, and what to do.

The rules are asked in order, the most certain first: a hash that differs is one thing only, while "no matching
distribution" may be a network that is not there. What no rule knows is the failure of a step of the Dockerfile.
"""

from __future__ import annotations

from collections.abc import Callable

from modelport.engine_errors import unreachable_engine
from modelport.errors import DeploymentError, ModelportError, StorageError, UserError
from modelport.images.build.errors_base import base_failed
from modelport.images.build.errors_packages import (
    compiler_missing,
    hash_differs,
    not_resolved,
    package_build_failed,
    system_package_missing,
    version_missing,
)
from modelport.images.build.evidence import BuildFacts, Evidence
from modelport.images.build.log import BuildLog

STEP = "build"
_ENGINE_GONE = (
    r"cannot connect to the docker daemon|error during connect|rpc error: code = (unavailable|canceled)"
    r"|transport is closing|^(error: )?unexpected eof|error reading from server: eof"
    r"|connection (reset by peer|refused).*docker\.sock|docker\.sock.*(no such file|connection refused)"
    r"|^(error response from daemon: )?context canceled$"
)
_CERTIFICATE = (
    r"certificate verify failed|CERTIFICATE_VERIFY_FAILED|invalid peer certificate|x509: |unable to get local issuer"
    r"|self.signed certificate|certificate verification failed"
)
_NETWORK = (
    r"temporary failure (in name resolution|resolving)|could not resolve( host)?|name or service not known|dns error"
    r"|no such host|network is unreachable|connection refused|connection timed out|i/o timeout|read timed out"
    r"|error sending request|tcp connect error|failed to establish a new connection|connection reset by peer"
    r"|proxy error|tunnel connection failed|TLS handshake timeout|no route to host|max retries exceeded"
    r"|is not a trusted or secure host and is being ignored"
)
_REFUSED_INDEX = r"\b(401|403)\b.*(unauthorized|forbidden|client error)|(401|403) client error"


def build_error(log: BuildLog, facts: BuildFacts) -> ModelportError:
    """The error for a build that failed, from what it printed."""
    evidence = Evidence(log, facts)
    answers = (rule(evidence) for rule in RULES)
    return next((error for error in answers if error), None) or _step_failed(evidence)


def _engine_gone(evidence: Evidence) -> ModelportError | None:
    last = evidence.ending[-3:]  # what a step prints says nothing of the engine
    if evidence.step.output and evidence.ending and evidence.ending[-1] in evidence.step.output:
        last = evidence.ending[-1:]
    match = evidence.find(_ENGINE_GONE, last) or evidence.find("permission denied.*docker.*sock", last)
    engine = evidence.facts.engine
    return unreachable_engine(engine.kind, engine.address, match.string) if match else None


def _disk_full(evidence: Evidence) -> ModelportError | None:
    pattern = r"no space left on device|disk quota exceeded|ENOSPC"
    if not evidence.find(pattern):
        return None
    kind = evidence.facts.engine.kind
    remedy = "buildah rm --all; buildah rmi --prune" if kind == "buildah" else f"{kind} system df; {kind} system prune"
    return StorageError(
        "build-disk-full",
        f"{evidence.place}: the disk of the {kind} engine is full.{evidence.proof(pattern)}",
        f"See what fills it and remove what nothing needs: {remedy}. Or give the engine a larger disk.",
    )


def _dockerfile_invalid(evidence: Evidence) -> ModelportError | None:
    match = evidence.find(r"dockerfile parse error(?: on)? line (?P<line>\d+): (?P<why>.*)")
    if match:
        number = int(match["line"])
        lines = evidence.facts.dockerfile.splitlines()
        text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        return UserError(
            "dockerfile-invalid",
            f"Dockerfile line {number} ({text}) cannot be read: {match['why']}.",
            "Correct the line; the instructions of a Dockerfile: FROM, RUN, COPY, ENV, ARG, WORKDIR, USER …",
        )
    if evidence.find(r"option requires BuildKit|unknown flag: (mount|link|chmod)"):
        return UserError(
            "buildkit-needed",
            f"{evidence.place} needs BuildKit, and this engine builds with its classic builder."
            f"{evidence.proof('requires BuildKit', 'unknown flag')}",
            "Install docker's buildx plugin (apt install docker-buildx), unset DOCKER_BUILDKIT=0, or use podman.",
        )
    return None


def _wrong_architecture(evidence: Evidence) -> ModelportError | None:
    pattern = r"exec format error|no match for platform in manifest|no matching manifest for \S+ in the manifest list"
    match = evidence.find(pattern)
    if not match:
        return None
    wanted = evidence.facts.platform or evidence.facts.engine.platform
    return DeploymentError(
        "wrong-architecture",
        f"{evidence.place}: a program of the base image, or one that was copied in, is not made for {wanted}, or this "
        f"engine ({evidence.facts.engine.platform}) cannot run it.{evidence.proof(pattern)}",
        f"Use a base image for {evidence.facts.engine.platform}, or install the emulation of the other processor on "
        "the engine's machine (apt install qemu-user-static).",
        step=STEP,
    )


def _file_missing(evidence: Evidence) -> ModelportError | None:
    pattern = (
        r"\"(?P<a>[^\"]+)\" not found|file not found in build context.*stat (?P<b>.+?): "
        r"|lstat \S+/buildkit-mount\d+/(?P<c>[^:]+): no such file|no such file or directory|no items matching glob"
    )
    keyword = evidence.step.name.partition(" ")[0].upper()
    match = evidence.find(pattern) if keyword in ("COPY", "ADD") else None
    if not match:
        return None
    name = (match["a"] or match["b"] or match["c"] or "").lstrip("/")
    return DeploymentError(
        "build-file-missing",
        f"{evidence.place}: '{_source(evidence, name)}' is not in the build context, or .dockerignore leaves it out."
        f"{evidence.proof(pattern)}",
        "Put it into the source directory or the build context; paths are relative to it, and nothing above it can be "
        "copied.",
        step=STEP,
    )


def _source(evidence: Evidence, name: str) -> str:
    """The path as the Dockerfile has it: BuildKit names only the first folder of it that is not there."""
    words = [word for word in evidence.step.name.split()[1:-1] if not word.startswith("--")]
    return next((word for word in words if word.lstrip("./").startswith(name)), name or "a file")


def _certificate(evidence: Evidence) -> ModelportError | None:
    if not evidence.find(_CERTIFICATE):
        return None
    return DeploymentError(
        "build-certificate",
        f"{evidence.place}: a server's certificate is not trusted inside the build.{evidence.proof(_CERTIFICATE)}",
        "Name the bundle with your company's certificate authority, and it is used in the build (and not kept in the "
        "image): export PIP_CERT=/path/to/bundle.pem",
        step=STEP,
    )


def _network(evidence: Evidence) -> ModelportError | None:
    if not evidence.find(_NETWORK) and not evidence.find(_REFUSED_INDEX):
        return None
    return DeploymentError(
        "build-network",
        f"{evidence.place}: a server cannot be reached from inside the build, or refuses."
        f"{evidence.proof(_NETWORK, _REFUSED_INDEX)}",
        "Check the address and that this machine has a network; name a proxy (export HTTPS_PROXY=…) or a mirror "
        "(export PIP_INDEX_URL=…), and they reach the build.",
        step=STEP,
    )


def _step_failed(evidence: Evidence) -> ModelportError:
    code = evidence.find(r"(?:exit code: |exit status |non-zero code: )(?P<code>\d+)", evidence.output[::-1])
    ended = f" ended with exit code {code['code']}" if code else " failed"
    killed = " (killed: the engine's machine may be out of memory)" if code and code["code"] == "137" else ""
    return DeploymentError(
        "build-step-failed",
        f"{evidence.place}{ended}{killed}.{evidence.last_lines()}",
        f"Read the last lines above; the whole log: {evidence.facts.log_file}",
        step=STEP,
    )


RULES: tuple[Callable[[Evidence], ModelportError | None], ...] = (
    *(_engine_gone, _disk_full, _dockerfile_invalid, base_failed, _wrong_architecture, _file_missing),
    *(hash_differs, version_missing, compiler_missing, _certificate, _network),
    *(system_package_missing, not_resolved, package_build_failed),
)
"""In the order in which they are asked."""
