"""`modelport ml computetarget`: names for clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml.door import MlGroup, workspace_of

if TYPE_CHECKING:
    from modelport.sdk.compute import ComputeTarget

_NAME = flags.needed("name", "--name", "-n", help="Name of the compute target.")


@click.group(
    cls=MlGroup,
    examples=[
        "modelport ml computetarget attach aks -n my-cluster --cluster-name my-context",
        "modelport ml computetarget list -o table",
    ],
)
def computetarget() -> None:
    """Names for clusters: contexts of the kubeconfig."""


@computetarget.group("attach", examples=["modelport ml computetarget attach aks -n my-cluster -i RESOURCE_ID"])
def attach() -> None:
    """Give a cluster a name."""


@attach.command(
    "aks",
    examples=[
        "modelport ml computetarget attach aks -n my-cluster --cluster-name my-context",
        "modelport ml computetarget attach aks -n my-cluster -i RESOURCE_ID",
    ],
)
@_NAME
@flags.text("resource_id", "--compute-resource-id", "-i", help="Azure's id; its last part names the context.")
@flags.text("cluster_name", "--cluster-name", help="The context of the kubeconfig.")
@flags.text("cluster_purpose", "--cluster-purpose", help="Recorded.")
@click.pass_context
def attach_aks(context: click.Context, /, name: str, **options: Any) -> dict[str, Any]:
    """Record that a name means a context of the kubeconfig."""
    from modelport.sdk.compute import AksCompute

    config = AksCompute.attach_configuration(**options)
    return AksCompute.attach(workspace_of(context), name, config).serialize()


@computetarget.group("create", examples=["modelport ml computetarget create aks -n my-cluster"])
def create() -> None:
    """Name a cluster that is there already."""


@create.command("aks", examples=["modelport ml computetarget create aks -n my-cluster"])
@_NAME
@flags.whole("agent_count", "--agent-count", "-a", help="Recorded.")
@flags.text("vm_size", "--vm-size", "-s", help="Recorded.")
@flags.text("location", "--location", "-l", help="Recorded.")
@flags.text("cluster_purpose", "--cluster-purpose", help="Recorded.")
@click.option("--no-wait", is_flag=True, help="Without effect: no cluster is made.")
@click.pass_context
def create_aks(context: click.Context, /, name: str, no_wait: bool, **options: Any) -> dict[str, Any]:
    """Record that a name means the context of that name; no cluster is made."""
    from modelport.sdk.compute import AksCompute

    _ = no_wait
    config = AksCompute.provisioning_configuration(**options)
    return AksCompute.create(workspace_of(context), name, config).serialize()


def _found(context: click.Context, name: str) -> ComputeTarget:
    from modelport.sdk.compute import ComputeTarget

    return ComputeTarget(workspace_of(context), name)


@computetarget.command("list", examples=["modelport ml computetarget list -o table"])
@click.pass_context
def list_targets(context: click.Context) -> list[dict[str, Any]]:
    """List the names with what is behind them."""
    from modelport.sdk.compute import ComputeTarget

    return [each.serialize() for each in ComputeTarget.list(workspace_of(context))]


@computetarget.command(examples=["modelport ml computetarget show -n my-cluster"])
@_NAME
@click.pass_context
def show(context: click.Context, name: str) -> dict[str, Any]:
    """Show a name, and whether the kubeconfig has its context."""
    return _found(context, name).serialize()


@computetarget.command(
    "get-credentials",
    examples=["modelport ml computetarget get-credentials -n my-cluster --query userKubeConfig -o tsv"],
)
@_NAME
@click.pass_context
def get_credentials(context: click.Context, name: str) -> dict[str, Any]:
    """Print the part of the kubeconfig that reaches the cluster; it is a secret."""
    from modelport.sdk.compute import AksCompute

    return AksCompute(workspace_of(context), name).get_credentials()


@computetarget.command(examples=["modelport ml computetarget detach -n my-cluster"])
@_NAME
@click.pass_context
def detach(context: click.Context, name: str) -> None:
    """Forget a name; the cluster stays as it is."""
    _found(context, name).detach()


@computetarget.command(examples=["modelport ml computetarget delete -n my-cluster"])
@_NAME
@click.option("--yes", "-y", is_flag=True, help="Without effect: the cluster stays as it is.")
@click.pass_context
def delete(context: click.Context, name: str, yes: bool) -> None:
    """Forget a name; the cluster stays as it is."""
    _ = yes
    _found(context, name).delete()
