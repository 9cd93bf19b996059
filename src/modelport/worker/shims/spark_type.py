"""What `inference_schema.parameter_types.spark_parameter_type` offers."""

from ..spark_type import SparkParameterType

__all__ = ["SparkParameterType"]
