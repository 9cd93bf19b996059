"""More peers, installed and measured only with --peers: each in the way its own documentation shows."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.contenders.base import APPS, NOT_THE_ORIGINALS, USER_PACKAGES, Contender, Setting


def _granian(setting: Setting) -> list[str]:
    return [
        *(setting.program("granian", "granian"), "granian_app:application", "--interface", "rsgi"),
        *("--working-dir", str(APPS), "--host", "127.0.0.1", "--port", str(setting.port)),
        *("--workers", str(setting.workers), "--no-access-log", "--log-level", "warning"),
    ]


def _litserve(setting: Setting) -> list[str]:
    application = str(APPS / "litserve_app.py")
    return [setting.program("litserve", "python"), application, str(setting.port), str(setting.workers)]


def _bentoml(setting: Setting) -> list[str]:
    return [
        *(setting.program("bentoml", "bentoml"), "serve", "bentoml_app:Scoring", "--working-dir", str(APPS)),
        *("--host", "127.0.0.1", "--port", str(setting.port)),
    ]


def _bentoml_environ(setting: Setting) -> dict[str, str]:
    return {
        "BENCH_SCRIPT": str(setting.script),
        "BENTOML_HOME": str(setting.scratch),
        "BENTOML_DO_NOT_TRACK": "true",
        "BENCH_WORKERS": str(setting.workers),
    }


def _mlserver(setting: Setting) -> list[str]:
    settings = {"host": "127.0.0.1", "http_port": setting.port, "grpc_port": setting.port + 1000,
                "metrics_port": setting.port + 2000, "parallel_workers": setting.workers}  # fmt: skip
    model = {"name": "script", "implementation": "mlserver_app.ScriptRuntime"}
    (setting.scratch / "settings.json").write_text(json.dumps(settings))
    (setting.scratch / "model-settings.json").write_text(json.dumps(model))
    return [setting.program("mlserver", "mlserver"), "start", str(setting.scratch)]


def _mlserver_environ(setting: Setting) -> dict[str, str]:
    return {"BENCH_SCRIPT": str(setting.script), "PYTHONPATH": str(APPS)}


def _mlserver_request(body: bytes) -> bytes:
    rows = json.loads(body)["data"]
    even = len({len(row) for row in rows}) == 1
    tensor: dict[str, Any] = {"name": "data", "datatype": "FP64", "shape": [len(rows), len(rows[0])],
                              "data": [number for row in rows for number in row]}  # fmt: skip
    ragged = {"name": "data", "datatype": "BYTES", "shape": [1], "data": [body.decode()]}
    return json.dumps({"inputs": [tensor if even else ragged]}).encode()


def _mlserver_answer(body: bytes) -> Any:
    output = json.loads(body)["outputs"][0]
    width = output["shape"][1] if len(output["shape"]) > 1 else 0
    numbers = output["data"]
    return [numbers[at : at + width] for at in range(0, len(numbers), width)] if width else numbers


def _mlflow(setting: Setting) -> list[str]:
    # Saves the model first, then becomes `mlflow models serve`, as a user would type both.
    return [
        setting.program("mlflow", "python"), str(APPS / "mlflow_app.py"),
        str(setting.scratch / "model"), str(setting.port), str(setting.workers),
    ]  # fmt: skip


def _mlflow_environ(setting: Setting) -> dict[str, str]:
    return {"BENCH_SCRIPT": str(setting.script), "PYTHONPATH": str(APPS), "MLFLOW_DISABLE_TELEMETRY": "true"}


def _mlflow_request(body: bytes) -> bytes:
    return json.dumps({"inputs": {"rows": [json.dumps(json.loads(body)["data"])]}}).encode()


GRANIAN = Contender(
    "granian", "Granian RSGI", "none; blocks", "granian", ("granian[uvloop]", *USER_PACKAGES), _granian,
    skips=NOT_THE_ORIGINALS,
)  # fmt: skip
LITSERVE = Contender(
    "litserve", "LitServe", "process", "litserve", ("litserve", *USER_PACKAGES), _litserve,
    path="/predict", health_path="/health", skips=NOT_THE_ORIGINALS,
)  # fmt: skip
MLSERVER = Contender(
    "mlserver", "MLServer", "process", "mlserver", ("mlserver", "uvloop<0.22", *USER_PACKAGES), _mlserver,
    environ=_mlserver_environ, path="/v2/models/script/infer", health_path="/v2/health/live",
    wrap=_mlserver_request, read=_mlserver_answer, skips=NOT_THE_ORIGINALS,
)  # fmt: skip
BENTOML = Contender(
    "bentoml", "BentoML", "thread pool, none", "bentoml", ("bentoml", "uv", *USER_PACKAGES), _bentoml,
    environ=_bentoml_environ, health_path="/livez", skips=NOT_THE_ORIGINALS,
)  # fmt: skip
MLFLOW = Contender(
    "mlflow", "MLflow `models serve`", "thread pool, none", "mlflow", ("mlflow", *USER_PACKAGES), _mlflow,
    environ=_mlflow_environ, path="/invocations", health_path="/ping",
    wrap=_mlflow_request, read=lambda body: json.loads(body)["predictions"], skips=NOT_THE_ORIGINALS,
)  # fmt: skip
