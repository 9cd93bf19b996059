"""`deploymentconfig.json`: which compute type it is for, and the arguments of that type's deploy_configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelport.cli.ml.keys import Key, checked, translated
from modelport.errors import UserError, nearest

_RESOURCES = {
    "containerResourceRequirements.cpu": Key("cpu_cores", "number"),
    "containerResourceRequirements.memoryInGB": Key("memory_gb", "number"),
    "authEnabled": Key("auth_enabled", "switch"),
    "appInsightsEnabled": Key("enable_app_insights", "switch"),
    "keys.primaryKey": Key("primary_key"),
    "keys.secondaryKey": Key("secondary_key"),
}
_ACI = {
    **_RESOURCES,
    "location": Key("location"),
    "sslEnabled": Key("ssl_enabled", "switch"),
    "sslCertificate": Key("ssl_cert_pem_file"),
    "sslKey": Key("ssl_key_pem_file"),
    "cname": Key("ssl_cname"),
    "dnsNameLabel": Key("dns_name_label"),
    "vaultBaseUrl": Key("cmk_vault_base_url"),
    "keyName": Key("cmk_key_name"),
    "keyVersion": Key("cmk_key_version"),
    "vnetName": Key("vnet_name"),
    "subnetName": Key("subnet_name"),
}
_CLUSTER = {
    **_RESOURCES,
    "autoScaler.autoscaleEnabled": Key("autoscale_enabled", "switch"),
    "autoScaler.minReplicas": Key("autoscale_min_replicas", "whole"),
    "autoScaler.maxReplicas": Key("autoscale_max_replicas", "whole"),
    "autoScaler.refreshPeriodInSeconds": Key("autoscale_refresh_seconds", "whole"),
    "autoScaler.targetUtilization": Key("autoscale_target_utilization", "whole"),
    "dataCollection.storageEnabled": Key("collect_model_data", "switch"),
    "tokenAuthEnabled": Key("token_auth_enabled", "switch"),
    "containerResourceRequirements.cpuLimit": Key("cpu_cores_limit", "number"),
    "containerResourceRequirements.memoryInGBLimit": Key("memory_gb_limit", "number"),
    "scoringTimeoutMs": Key("scoring_timeout_ms", "whole"),
    "maxConcurrentRequestsPerContainer": Key("replica_max_concurrent_requests", "whole"),
    "maxQueueWaitMs": Key("max_request_wait_time", "whole"),
    "numReplicas": Key("num_replicas", "whole"),
    "gpuCores": Key("gpu_cores", "whole"),
    "livenessProbeRequirements.periodSeconds": Key("period_seconds", "whole"),
    "livenessProbeRequirements.initialDelaySeconds": Key("initial_delay_seconds", "whole"),
    "livenessProbeRequirements.timeoutSeconds": Key("timeout_seconds", "whole"),
    "livenessProbeRequirements.successThreshold": Key("success_threshold", "whole"),
    "livenessProbeRequirements.failureThreshold": Key("failure_threshold", "whole"),
    "namespace": Key("namespace"),
}
KEYS: dict[str, dict[str, Key]] = {
    "aci": _ACI,
    "aks": {**_CLUSTER, "computeTargetName": Key("compute_target_name")},
    "aksendpoint": {
        **_CLUSTER,
        "versionName": Key("version_name"),
        "trafficPercentile": Key("traffic_percentile", "number"),
    },
    "local": {"port": Key("port", "whole")},
}
COMPUTE_TYPES = tuple(KEYS)


@dataclass(frozen=True)
class DeploymentWords:
    """A compute type in lower case, the arguments of its configuration, and what is without effect."""

    compute_type: str
    arguments: dict[str, Any]
    warnings: tuple[str, ...] = ()


def deployment_words(content: Mapping[str, Any], source: str) -> DeploymentWords:
    """What a deployment file says. Raises `UserError` (`compute-type-needed`, `compute-type-unknown`,
    `config-value-invalid`).

    >>> deployment_words({"computeType": "Local", "port": 8890}, "d.json").arguments
    {'port': 8890}
    """
    rest = dict(content)
    asked = rest.pop("computeType", None)
    if asked is None:
        raise UserError(
            "compute-type-needed",
            f"{source} does not say where to deploy: it has no computeType. {_near(content)}".rstrip(),
            f'Add "computeType": one of {", ".join(COMPUTE_TYPES)}.',
        )
    compute_type = compute_type_of(checked(asked, "text", f"{source}: computeType"), source)
    found = translated(rest, KEYS[compute_type], source)
    return DeploymentWords(compute_type, found.arguments, found.warnings)


def compute_type_of(word: str, source: str) -> str:
    """The compute type in lower case; raises `UserError` (`compute-type-unknown`)."""
    if word.lower() in KEYS:
        return word.lower()
    raise UserError(
        "compute-type-unknown",
        f"{source}: there is no compute type {word!r}. {nearest(word.lower(), KEYS)}",
        "local and aci run on this machine; aci needs a container engine.",
    )


def _near(content: Mapping[str, Any]) -> str:
    close = [key for key in content if key.lower().replace("_", "") == "computetype"]
    return f"It has {close[0]!r}, which is not read." if close else ""
