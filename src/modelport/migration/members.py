"""Members of v1's classes that belong to what Modelport does not do, so that the scan can say why they are absent."""

from __future__ import annotations

REASONS_OF_MEMBERS: dict[str, str] = {
    "Experiment.submit": "training",
    "Run.get_children": "training",
    "Run.child_run": "training",
    "Run.log_image": "tracking",
    "Run.log_confusion_matrix": "tracking",
    "Run.input_datasets": "datasets",
    "Run.get_portal_url": "azure",
}
"""Class and member -> the key of the reason in `modelport.sdk.absent.REASONS`."""

MADE_OF_ARGUMENT = ("ComputeTarget.create", "ComputeTarget.attach")
"""Calls whose result is of the kind of their argument: a training cluster of a training configuration."""
