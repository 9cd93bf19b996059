"""The table of nouns of `modelport ml`, from which its help is printed without importing any."""

from __future__ import annotations

from modelport.cli.commands import Entry

_SERVE = "Models and services"
_KEEP = "Workspaces and compute"

NOUNS: dict[str, Entry] = {
    "model": Entry("modelport.cli.ml.model", "model", _SERVE, "Register, deploy, package and profile models."),
    "service": Entry("modelport.cli.ml.service", "service", _SERVE, "Operate web services."),
    "endpoint": Entry("modelport.cli.ml.endpoint", "endpoint", _SERVE, "Endpoints whose versions share the traffic."),
    "environment": Entry("modelport.cli.ml.environment", "environment", _SERVE, "Describe and register environments."),
    "image": Entry("modelport.cli.ml.image", "image", _SERVE, "Images of the first generation of v1."),
    "workspace": Entry("modelport.cli.ml.workspace", "workspace", _KEEP, "Create, show and delete workspaces."),
    "folder": Entry("modelport.cli.ml.folder", "folder", _KEEP, "Tie a folder to a workspace."),
    "computetarget": Entry("modelport.cli.ml.computetarget", "computetarget", _KEEP, "Names for clusters."),
}
