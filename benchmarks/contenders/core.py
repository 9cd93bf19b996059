"""Modelport itself, the original's server, and FastAPI in its two ways."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.contenders.base import APPS, NOT_THE_ORIGINALS, USER_PACKAGES, Contender, Setting


def modelport_program() -> list[str]:
    """The command line of the Modelport that is installed beside this Python."""
    program = Path(sys.executable).with_name("modelport")
    return [str(program)] if program.exists() else [sys.executable, "-m", "modelport"]


def _modelport(setting: Setting) -> list[str]:
    options = {
        "--port": setting.port,
        "--workers": setting.workers,
        "--max-concurrent-requests": setting.concurrency,
        # With many requests at once, waiting for a thread is part of the work and not an overload.
        "--max-request-wait-time": setting.max_wait_ms or (60_000 if setting.concurrency > 1 else None),
        "--scoring-timeout-ms": setting.scoring_timeout_ms,
        "--python": setting.program("user", "python"),
    }
    words = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    return [*modelport_program(), "serve", str(setting.script), *words]


def _azureml(setting: Setting) -> list[str]:
    # The command line that its own `azmlinfsrv` makes for gunicorn, but on loopback instead of all interfaces.
    return [
        setting.program("azureml", "gunicorn"),
        *("-b", f"127.0.0.1:{setting.port}", "-w", str(setting.workers), "--timeout", "300"),
        *("--access-logfile", "-", "--error-logfile", "/dev/null"),
        "azureml_inference_server_http.server.entry:app",
    ]


def _azureml_environ(setting: Setting) -> dict[str, str]:
    return {"AZUREML_ENTRY_SCRIPT": str(setting.script), "AML_APP_ROOT": str(setting.script.parent)}


def _uvicorn(setting: Setting, application: str) -> list[str]:
    return [
        *(setting.program("fastapi", "uvicorn"), f"fastapi_app:{application}", "--app-dir", str(APPS)),
        *("--host", "127.0.0.1", "--port", str(setting.port), "--workers", str(setting.workers)),
        *("--http", "httptools", "--loop", "uvloop", "--no-access-log", "--log-level", "warning"),
    ]


_FASTAPI = ("fastapi", "uvicorn", "httptools", "uvloop", *USER_PACKAGES)

MODELPORT = Contender(
    "modelport", "Modelport", "own process, own interpreter",
    "user", (*USER_PACKAGES, "orjson"), _modelport, environ=lambda _: {},
)  # fmt: skip
AZUREML = Contender(
    "azureml", "azureml-inference-server-http", "in gunicorn's sync worker",
    "azureml", ("azureml-inference-server-http", *USER_PACKAGES), _azureml, environ=_azureml_environ,
)  # fmt: skip
FASTAPI_DEF = Contender(
    "fastapi-def", "FastAPI `def`", "thread pool, none",
    "fastapi", _FASTAPI, lambda setting: _uvicorn(setting, "plain"), skips=NOT_THE_ORIGINALS,
)  # fmt: skip
FASTAPI_ASYNC = Contender(
    "fastapi-async", "FastAPI `async def` direct", "none; blocks",
    "fastapi", _FASTAPI, lambda setting: _uvicorn(setting, "direct"), skips=NOT_THE_ORIGINALS,
)  # fmt: skip
