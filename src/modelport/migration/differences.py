"""Where a call of v1 is covered and does something else here: what, why, and what to do; each on purpose."""

from __future__ import annotations

from dataclasses import dataclass

from modelport.errors import NotFoundError, nearest
from modelport.sdk.absent import REASONS, Reason
from modelport.sdk.differences import DIFFERENCES as OF_SIGNATURES


@dataclass(frozen=True)
class Difference:
    """What is different; `v1` and `here` are what happens there and here, `why` the reason, `instead` what to do."""

    names: tuple[str, ...]
    v1: str
    here: str
    why: str
    instead: str


_NO_REASON = Reason("Modelport has nothing of that name.", "Look what there is: docs/reference/python.md.")
_LOCAL_WORLD = "Modelport runs on your machine and on your cluster, without an account."

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        ("Workspace.create", "Workspace.setup"),
        "a workspace with a storage account, a registry and a key vault is made in Azure",
        "a folder below MODELPORT_HOME is made; subscription, resource group and location are recorded",
        _LOCAL_WORLD,
        "Nothing. A program that only uses workspaces needs one made first: modelport workspace create NAME.",
    ),
    Difference(
        ("Workspace.delete",),
        "the resources around it stay unless delete_dependent_resources=True",
        "its models and secrets go too; it is refused while it has services",
        "They lie in its folder.",
        "Delete its services first.",
    ),
    Difference(
        ("Workspace.get_default_datastore", "Workspace.set_default_datastore", "Workspace.datastores"),
        "a blob container in Azure",
        "a folder of the workspace, with upload, upload_files and download",
        _LOCAL_WORLD,
        "Nothing, where a deployment script moves files with it.",
    ),
    Difference(
        ("Workspace.sync_keys", "Workspace.update_dependencies", "Workspace.diagnose_workspace"),
        "asks Azure's resources",
        "there are no resources behind a workspace; nothing is asked",
        _LOCAL_WORLD,
        "Leave the call out when you touch the program anyway.",
    ),
    Difference(
        (
            "InteractiveLoginAuthentication", "ServicePrincipalAuthentication", "AzureCliAuthentication",
            "MsiAuthentication",
        ),
        "signs in to Azure",
        "is accepted; nobody signs in, and no secret is kept",
        "The file system says who may use a workspace.",
        "Nothing; the secret can leave the program.",
    ),
    Difference(
        ("Model.deploy",),
        "without a deployment_config to Azure Container Instances",
        "without a deployment_config to processes of this machine, which needs no container engine",
        "It is the target that always works.",
        "For a container: deployment_config=AciWebservice.deploy_configuration().",
    ),
    Difference(
        ("LocalWebservice.deploy_configuration",),
        "a container of Docker on this machine",
        "a server and workers as processes of this machine, in an environment of their own",
        "It starts in a second and needs no engine.",
        "isolation='container' gives the container.",
    ),
    Difference(
        ("AciWebservice.deploy_configuration",),
        "a container in Azure",
        "a container of the engine on this machine; location, networks, keys of vaults and insights are recorded",
        _LOCAL_WORLD,
        "Nothing; port=8890 keeps the address the same.",
    ),
    Difference(
        (
            "AksWebservice.deploy_configuration", "AksEndpoint.deploy_configuration", "AksEndpoint.create_version",
            "AksEndpoint.update_version", "AksEndpoint.delete_version", "AksWebservice.update",
        ),
        "a service on Azure's Kubernetes",
        "all arguments are checked and recorded; deploying says what is needed until the target for clusters is there",
        "There is no target for clusters yet.",
        "Until then: AciWebservice.deploy_configuration(cpu_cores=…, memory_gb=…, replicas=2).",
    ),
    Difference(
        (
            "AksWebservice.get_token", "AksEndpoint.get_token", "Webservice.get_token",
            "AksWebservice.get_access_token", "Webservice.get_access_token",
        ),
        "a token of Azure's directory",
        "raises tokens-unavailable",
        "There is no directory to ask.",
        "Deploy with auth_enabled=True and use get_keys().",
    ),
    Difference(
        (
            "ComputeTarget", "AksCompute", "ComputeTarget.create", "ComputeTarget.attach", "AksCompute.attach",
            "AksCompute.create", "AksCompute.provisioning_configuration", "AksCompute.attach_configuration",
            "ComputeTarget.delete", "ComputeTarget.detach", "AksCompute.delete", "AksCompute.detach",
            "Workspace.compute_targets",
        ),
        "a cluster is made, attached or deleted in Azure",
        "a name for a context of your kubeconfig; no cluster is made or deleted",
        "Clusters are made by the tools of whoever runs them.",
        "Have a context of that name: kubectl config get-contexts.",
    ),
    Difference(
        ("Model.package", "ModelPackage.wait_for_creation", "ModelPackage.pull"),
        "the image is built in Azure and pulled from its registry",
        "the container engine of this machine builds it, and it is there; pull() has nothing to fetch",
        _LOCAL_WORLD,
        "To give it to others: modelport image push.",
    ),
    Difference(
        (
            "Image.create", "ContainerImage.create", "Environment.build", "Environment.build_local",
            "Image.image_build_log_uri", "ModelPackage.package_build_log_uri",
        ),
        "built in Azure; the log is at a web address",
        "built by the container engine of this machine; the log is at a file:// address",
        _LOCAL_WORLD,
        "Nothing.",
    ),
    Difference(
        ("Model.profile", "ModelProfile.get_details", "ModelProfile.wait_for_completion"),
        "runs the service on a container in Azure and recommends cores and memory",
        "runs it on this machine under load and measures what it uses",
        _LOCAL_WORLD,
        "Measure on a machine like the one that will serve.",
    ),
    Difference(
        ("Model.delete",),
        "refused while an image contains the model",
        "refused while a service serves it; images have copies of their own",
        "An image does not need the registered model.",
        "Nothing.",
    ),
    Difference(
        ("Webservice.update", "LocalWebservice.update", "LocalWebservice.reload", "AciWebservice.update"),
        "the service is away while its container is replaced (local, ACI)",
        "returns when the new revision serves, no request is lost, and the old one stays if the new one fails",
        "A running service is worth more than a quick return.",
        "Nothing.",
    ),
    Difference(
        ("ModelDataCollector", "ModelDataCollector.collect"),
        "writes to a storage account",
        "writes the same CSV layout to a folder of this machine or container",
        _LOCAL_WORLD,
        "Mount a volume where a container's data must stay.",
    ),
    Difference(
        ("Experiment", "Experiment.start_logging", "Run.get_context", "Run.log"),
        "runs, metrics and files are kept in Azure",
        "they are kept in the workspace's folder; there is no page that draws them",
        "Modelport keeps what a deployment needs of a run: its files and where a model came from.",
        "For tracking use MLflow with a server of its own.",
    ),
)


def difference_of(name: str) -> Difference | None:
    """The difference of a call, by the name that the scan shows."""
    return next((each for each in DIFFERENCES if name in each.names), None)


def signature_difference(name: str) -> str:
    """Why the arguments of a call differ, if they do; empty if they are v1's."""
    return next((why for key, why in OF_SIGNATURES.items() if f".{key}".endswith(f".{name}")), "")


def reason_of(key: str) -> Reason:
    """Why a part of v1 is absent; a part of which nobody said why has one sentence for all of them."""
    return REASONS.get(key) or _NO_REASON


def explained(name: str) -> str:
    """A page about a name of v1: its difference, or why it is absent. Raises `NotFoundError` (`difference-unknown`)."""
    found = difference_of(name) or _by_end(name)
    more = signature_difference(name)
    if found is not None:
        rows = [("v1", found.v1), ("Modelport", found.here), ("why", found.why), ("what to do", found.instead)]
        rows += [("arguments", more)] if more else []
        lines = "".join(f"* **{title}**: {text}\n" for title, text in rows)
        return f"# {', '.join(found.names)}\n\n{lines}"
    if more:
        return f"# {name}\n\n* **arguments**: {more}\n"
    if name in REASONS:
        return f"# {name}\n\n* **why**: {REASONS[name].why}\n* **what to do**: {REASONS[name].instead}\n"
    known = [*REASONS, *(each for difference in DIFFERENCES for each in difference.names)]
    raise NotFoundError(
        "difference-unknown",
        f"No difference is known of '{name}'. {nearest(name, known)}",
        "What is not listed is as in v1, or does not exist: modelport migrate scan PATH says which.",
    )


def _by_end(name: str) -> Difference | None:
    """`deploy` and `azureml.core.Model.deploy` also find `Model.deploy`."""
    for each in DIFFERENCES:
        if any(f".{name}".endswith(f".{known}") or known.endswith(f".{name}") for known in each.names):
            return each
    return None
