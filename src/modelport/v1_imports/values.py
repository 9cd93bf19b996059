"""Plain values that v1's modules had beside their classes."""

from __future__ import annotations

VERSION = "1.61.0"
"""The newest release of the SDK v1 whose names and arguments are offered; programs print and compare it."""

# What v1 built on by default; a build puts Modelport's own default base in their place and says so.
DEFAULT_CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
DEFAULT_GPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"
