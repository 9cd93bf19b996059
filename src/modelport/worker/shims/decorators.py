"""What `inference_schema.schema_decorators` offers."""

from ..schema import input_schema, output_schema

__all__ = ["input_schema", "output_schema"]
