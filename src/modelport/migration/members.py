"""What the scan knows of members of v1's classes beyond what the classes here say themselves."""

from __future__ import annotations

REASONS_OF_MEMBERS: dict[str, str] = {
    "Run.input_datasets": "datasets",
    "Run.get_portal_url": "azure",
}
"""Members that the classes here have no stand-in for -> the key of the reason in `modelport.sdk.absent.REASONS`."""

MADE_OF_ARGUMENT = ("ComputeTarget.create", "ComputeTarget.attach")
"""Calls whose result is of the kind of their argument: a training cluster of a training configuration."""
