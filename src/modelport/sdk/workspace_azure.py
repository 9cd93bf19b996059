"""What a workspace of v1 could do with resources of Azure, and a folder cannot: each says so when it is called."""

from __future__ import annotations

from typing import Any

from modelport.sdk.absent import REASONS, AbsentType, Reason, absent
from modelport.sdk.arguments import logger

_DIAGNOSE = Reason(
    "It asked Azure about the resources of a workspace, which is a folder here.",
    "Check that folder: modelport fsck; check this machine: modelport doctor",
)


def _azure(name: str, reason: Reason = REASONS["azure"]) -> AbsentType:
    return absent(f"azureml.core.Workspace.{name}", reason)


class AzureWorkspace:
    """The methods that belong to resources of Azure; those without a docstring raise `UserError` (`v1-not-covered`)."""

    set_connection = _azure("set_connection")
    get_connection = _azure("get_connection")
    delete_connection = _azure("delete_connection")
    list_keys = _azure("list_keys")
    add_private_endpoint = _azure("add_private_endpoint")
    delete_private_endpoint_connection = _azure("delete_private_endpoint_connection")
    diagnose_workspace = _azure("diagnose_workspace", _DIAGNOSE)
    get_mlflow_tracking_uri = _azure("get_mlflow_tracking_uri", REASONS["tracking"])

    def sync_keys(self, no_wait: bool = False) -> None:
        """Nothing happens, and a line in the log says so: there are no keys of other services here."""
        _ = no_wait
        logger.info("Workspace.sync_keys: there are no keys of other services to be looked up again.")

    def list_connections(self, category: str | None = None, target: str | None = None) -> list[Any]:
        """Always empty."""
        _ = category, target
        return []
