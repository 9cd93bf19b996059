"""What `inference_schema.parameter_types.numpy_parameter_type` and `pandas_parameter_type` offer."""

from ..array_types import NumpyParameterType, PandasParameterType

__all__ = ["NumpyParameterType", "PandasParameterType"]
