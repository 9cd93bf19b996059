"""The images that MLflow and BentoML build of the same scikit-learn model, each in the way its own manual shows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import venvs
from benchmarks.contenders.base import APPS
from benchmarks.contenders.peers import BENTOML, MLFLOW
from benchmarks.image_engine import Bench
from benchmarks.workloads import WORKLOADS

WORKLOAD = WORKLOADS["W2"]
BUILD_SECONDS_MAX = 900
# Their steps call `python` and `pip`; those of Debian may not be changed by pip, so both are a virtual environment's.
# What they will install is in the caches of pip and uv already, and the certificates of this machine are trusted.
# MLflow's server listens inside the container alone; nginx, which its own bases have, lets others in.
_BASE = """\
FROM {base}
COPY ca.crt /etc/ssl/certs/ca-certificates.crt
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \\
    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt PATH=/opt/venv/bin:$PATH
RUN python3 -m venv /opt/venv && pip install --quiet {mlflow} 'gunicorn[gevent]' scikit-learn uv \\
 && mkdir /w && uv venv -q /w/v && VIRTUAL_ENV=/w/v uv pip install -q {bentoml} scikit-learn \\
 && rm -rf /w && python3 -m venv --clear /opt/venv
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends nginx && rm -rf /var/lib/apt/lists/*
RUN echo {key} > /etc/benchmark
"""


@dataclass(frozen=True)
class FirstBuild:
    """One image, built for the first time with warm package caches; `before_seconds` is what its maker asks for before
    that (saving, locking, collecting) and is not among `seconds`."""

    title: str
    seconds: float
    before_seconds: float
    image_bytes: int
    base_bytes: int

    @property
    def own_bytes(self) -> int:
        """What of the image is not its base."""
        return self.image_bytes - self.base_bytes


def peer_base(bench: Bench, scratch: Path) -> str:
    """The base of both peers, with a layer of this run, so that no step upon it is in the builder's cache."""
    folder = scratch / "peer-base"
    folder.mkdir()
    bundle = os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt"
    shutil.copy(bundle, folder / "ca.crt")
    pinned = {name: f"{name}=={venvs.distributions(peer)[name]}" for name, peer in _PEERS.items()}
    (folder / "Dockerfile").write_text(_BASE.format(base=bench.base, key=bench.key, **pinned))
    return bench.build(folder, "peers")


def build_mlflow(bench: Bench, base: str, scratch: Path) -> FirstBuild:
    """`mlflow.models.build_docker`, the function behind `mlflow models build-docker`."""
    python = str(venvs.VENVS / MLFLOW.venv / "bin" / "python")
    words = [python, str(APPS / "mlflow_image.py"), str(scratch / "model")]
    environ = _environ(bench, MLFLOW.venv, BENCH_SCRIPT=str(WORKLOAD.script), MLFLOW_DISABLE_TELEMETRY="true")
    saving = _run(words, environ, scratch)
    name = bench.name("mlflow")
    seconds = _run([*words, base, name], environ, scratch)
    body = json.dumps({"inputs": json.loads(WORKLOAD.make_body())["data"]}).encode()
    answer = bench.answer(name, 8080, "/invocations", body)
    check_answer(answer, lambda found: found["predictions"])
    return FirstBuild("MLflow `build_docker`", seconds, saving, bench.size(name), bench.size(base))


def build_bentoml(bench: Bench, base: str, scratch: Path) -> FirstBuild:
    """`bentoml build`, then `bentoml containerize`."""
    folder = scratch / "bento"
    folder.mkdir()
    shutil.copy(APPS / "bentoml_image.py", folder / "service.py")
    shutil.copy(WORKLOAD.script, folder / "score.py")
    program = str(venvs.VENVS / BENTOML.venv / "bin" / "bentoml")
    home = scratch / "bento-home"
    environ = _environ(bench, BENTOML.venv, BENCH_BASE=base, BENTOML_HOME=str(home), BENTOML_DO_NOT_TRACK="true")
    building = _run([program, "build", "service:Scoring", "--version", "bench"], environ, folder)
    name = bench.name("bentoml")
    seconds = _run([program, "containerize", "scoring:bench", "--image-tag", name], environ, folder)
    check_answer(bench.answer(name, 3000, "/score", WORKLOAD.make_body()), lambda found: found)
    return FirstBuild("BentoML `containerize`", seconds, building, bench.size(name), bench.size(base))


PEER_BUILDS: dict[str, Callable[[Bench, str, Path], FirstBuild]] = {
    "MLflow `build_docker`": build_mlflow,
    "BentoML `containerize`": build_bentoml,
}
_PEERS = {"mlflow": MLFLOW, "bentoml": BENTOML}


def prepare_peers() -> None:
    """The virtual environments that their programs run in."""
    for peer in _PEERS.values():
        venvs.prepare(peer)


def _environ(bench: Bench, venv: str, **more: str) -> dict[str, str]:
    programs = f"{venvs.VENVS / venv / 'bin'}:{bench.engine.program.parent}"
    found = {**os.environ, **bench.engine.environ, "PYTHONPATH": str(APPS), "DOCKER_BUILDKIT": "1", **more}
    return {**found, "PATH": f"{programs}:{os.environ['PATH']}"}


def _run(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """The seconds of a program that must work; its own last words where it does not."""
    started = time.monotonic()
    done = subprocess.run(
        words, env=dict(environ), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", timeout=BUILD_SECONDS_MAX, check=False,
    )  # fmt: skip
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.strip()][-6:]
        raise RuntimeError(f"{Path(words[0]).name} ended with {done.returncode}: {' / '.join(said)}")
    return time.monotonic() - started


def check_answer(body: bytes, read: Callable[[Any], Any]) -> None:
    """Only who answers as the script does without any server is measured."""
    seen, wanted = read(json.loads(body)), expected()
    if len(seen) != len(wanted) or any(abs(a - b) > 1e-9 for a, b in zip(seen, wanted, strict=True)):
        raise RuntimeError(f"the image answers {seen}, the script itself {wanted}")


def expected() -> list[float]:
    """What the script gives without any server, in the environment of Modelport's worker."""
    code = "import sys, user_script; s = user_script.load(sys.argv[1]); s.init(); print(s.run(sys.stdin.read()))"
    python = str(venvs.VENVS / "user" / "bin" / "python")
    done = subprocess.run(
        [python, "-c", code, str(WORKLOAD.script)], input=WORKLOAD.make_body().decode(), text=True, check=True,
        capture_output=True, env={**os.environ, "PYTHONPATH": str(APPS)},
    )  # fmt: skip
    return list(json.loads(done.stdout))
