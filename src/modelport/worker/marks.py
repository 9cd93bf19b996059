"""How the worker recognises what decorators made of `run`: ours, or those of real packages the environment has."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RAW_MARK = "__modelport_rawhttp__"
SCHEMA_MARK = "__modelport_schema__"
SHIM_MARK = "__modelport_shim__"
_REAL_RAW = ("azureml_inference_server_http.api.aml_request", "azureml.contrib.services.aml_request")


def wants_raw_http(run: "Any") -> bool:
    """Whether `run` takes the whole HTTP request."""
    if getattr(run, RAW_MARK, False):
        return True
    return any(getattr(sys.modules.get(name), "_rawHttpRequested", False) for name in _REAL_RAW)


def is_schema_decorated(run: "Any") -> bool:
    """Whether `run` takes JSON values by name."""
    declared = getattr(run, SCHEMA_MARK, None)
    if declared is not None:
        return bool(declared.inputs)
    return real_input_schema(run) is not None


def real_input_schema(run: "Any") -> "dict[str, Any] | None":
    """The swagger schema of the input where the real `inference_schema` decorated `run`, else None."""
    util = sys.modules.get("inference_schema.schema_util")
    decorated = getattr(util, "is_schema_decorated", None)
    if util is None or decorated is None or getattr(util, SHIM_MARK, False):
        return None
    try:
        return dict(util.get_input_schema(run)) if decorated(run) else None
    except Exception:
        return None  # it looks into closures of the function, and not all can be looked into


def real_output_schema(run: "Any") -> "dict[str, Any]":
    """The swagger schema of the output, where the real `inference_schema` decorated `run`."""
    return dict(sys.modules["inference_schema.schema_util"].get_output_schema(run))


def is_real_mismatch(error: BaseException) -> bool:
    """Whether the error arose while the real `inference_schema` converted a value, that is before `run` began."""
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        module = frame.f_globals.get("__name__") or ""
        if frame.f_code.co_name == "deserialize_input" and module.startswith("inference_schema."):
            return True
        step = step.tb_next
    return False
