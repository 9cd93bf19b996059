"""What `inference_schema.parameter_types.abstract_parameter_type` offers."""

from ..schema import ParameterType as AbstractParameterType

__all__ = ["AbstractParameterType"]
