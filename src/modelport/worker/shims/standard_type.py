"""What `inference_schema.parameter_types.standard_py_parameter_type` offers."""

from ..standard_types import StandardPythonParameterType

__all__ = ["StandardPythonParameterType"]
