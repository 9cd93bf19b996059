"""Plain values that v1's modules had beside their classes."""

from __future__ import annotations

VERSION = "1.61.0"
"""The newest release of the SDK v1 whose names and arguments are offered; programs print and compare it."""
