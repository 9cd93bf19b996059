"""Who is measured: Modelport, the two it is always compared with, and more peers on demand."""

from __future__ import annotations

from benchmarks.contenders.base import Contender, Setting
from benchmarks.contenders.core import AZUREML, FASTAPI_ASYNC, FASTAPI_DEF, MODELPORT
from benchmarks.contenders.peers import BENTOML, GRANIAN, LITSERVE, MLFLOW, MLSERVER

BASE = AZUREML
CORE = (AZUREML, FASTAPI_DEF, FASTAPI_ASYNC, MODELPORT)
PEERS = (GRANIAN, LITSERVE, MLSERVER, BENTOML, MLFLOW)

__all__ = ["BASE", "CORE", "PEERS", "Contender", "Setting"]
