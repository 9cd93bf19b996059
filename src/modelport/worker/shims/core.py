"""What `azureml.core` offers inside a service."""

from .model import Model

__all__ = ["VERSION", "Model"]

VERSION = "1.61.0"
