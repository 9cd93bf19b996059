"""What v1 programs say of a cluster that is to be made or attached: checked, and recorded as words."""

from __future__ import annotations

from typing import Any, NoReturn

from modelport.v1_kinds import ComputeInvalidError

_TLS = ("ssl_cname", "ssl_cert_pem_file", "ssl_key_pem_file")
_NETWORK = (
    "vnet_name", "vnet_resourcegroup_name", "subnet_name", "service_cidr", "dns_service_ip", "docker_bridge_cidr",
)  # fmt: skip
_BALANCERS = ("PublicIp", "InternalLoadBalancer")
_KIND_IN_ID = "Microsoft.ContainerService"


class _TlsConfiguration:
    """The part that both have: TLS, and the load balancer."""

    ssl_cname: str | None = None
    ssl_cert_pem_file: str | None = None
    ssl_key_pem_file: str | None = None
    leaf_domain_label: str | None = None
    overwrite_existing_domain: bool = False
    load_balancer_type: str | None = None
    load_balancer_subnet: str | None = None

    def enable_ssl(
        self,
        ssl_cname: str | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        leaf_domain_label: str | None = None,
        overwrite_existing_domain: bool = False,
    ) -> None:
        """Ask for TLS, by a certificate with its key and host name, or by a label; what is asked for is recorded.

        Raises `UserError` (`compute-config-invalid`).
        """
        self.ssl_cname = ssl_cname
        self.ssl_cert_pem_file = ssl_cert_pem_file
        self.ssl_key_pem_file = ssl_key_pem_file
        self.leaf_domain_label = leaf_domain_label
        self.overwrite_existing_domain = overwrite_existing_domain
        self._check_tls()

    def _check_tls(self) -> None:
        given = [name for name in _TLS if getattr(self, name)]
        missing = [name for name in _TLS if name not in given]
        if given and missing:
            _refuse(f"{' and '.join(given)} is given without {' and '.join(missing)}; TLS needs all three")
        if given and (self.leaf_domain_label or self.overwrite_existing_domain):
            _refuse("a certificate and a leaf_domain_label are given; TLS is by one of the two")

    def _check_balancer(self) -> None:
        if self.load_balancer_type not in (None, *_BALANCERS):
            _refuse(f"load_balancer_type is {self.load_balancer_type!r}; valid: {', '.join(_BALANCERS)}")
        if self.load_balancer_subnet and self.load_balancer_type != _BALANCERS[1]:
            _refuse(f"load_balancer_subnet is given without load_balancer_type={_BALANCERS[1]!r}")

    def _words(self) -> dict[str, Any]:
        """What is recorded: everything that was said, but for files with keys."""
        return {
            name: value for name, value in vars(self).items() if value is not None and name not in _TLS[1:]
        }


class AksProvisioningConfiguration(_TlsConfiguration):
    """What `AksCompute.provisioning_configuration` makes; raises `UserError` (`compute-config-invalid`)."""

    def __init__(
        self,
        agent_count: int | None,
        vm_size: str | None,
        ssl_cname: str | None,
        ssl_cert_pem_file: str | None,
        ssl_key_pem_file: str | None,
        location: str | None,
        vnet_resourcegroup_name: str | None,
        vnet_name: str | None,
        subnet_name: str | None,
        service_cidr: str | None,
        dns_service_ip: str | None,
        docker_bridge_cidr: str | None,
        cluster_purpose: str | None,
        load_balancer_type: str | None,
        load_balancer_subnet: str | None,
    ) -> None:
        vars(self).update({name: value for name, value in locals().items() if name not in ("self", "__class__")})
        self.agent_count = agent_count
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Check what belongs together; raises as the class does."""
        count = self.agent_count
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
            _refuse(f"agent_count must be a whole number from 1 on; it is {count!r}")
        given = [name for name in _NETWORK if vars(self)[name]]
        missing = [name for name in _NETWORK if name not in given]
        if given and missing:
            _refuse(f"{' and '.join(given)} is given without {' and '.join(missing)}; a network needs all of them")
        self._check_tls()
        self._check_balancer()


class AksAttachConfiguration(_TlsConfiguration):
    """What `AksCompute.attach_configuration` makes; raises `UserError` (`compute-config-invalid`)."""

    def __init__(
        self,
        resource_group: str | None = None,
        cluster_name: str | None = None,
        resource_id: str | None = None,
        cluster_purpose: str | None = None,
        load_balancer_type: str | None = None,
        load_balancer_subnet: str | None = None,
    ) -> None:
        self.resource_group = resource_group
        self.cluster_name = cluster_name
        self.resource_id = resource_id
        self.cluster_purpose = cluster_purpose
        self.load_balancer_type = load_balancer_type
        self.load_balancer_subnet = load_balancer_subnet
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Check that one cluster is meant; raises as the class does."""
        if self.resource_id and (self.resource_group or self.cluster_name):
            _refuse("a resource_id and a resource_group or cluster_name are given; one of the two names the cluster")
        if self.resource_id and _KIND_IN_ID.lower() not in self.resource_id.lower().split("/"):
            _refuse(f"the resource_id {self.resource_id!r} is not that of a Kubernetes cluster ({_KIND_IN_ID})")
        if not self.resource_id and not self.cluster_name:
            _refuse("it names no cluster: neither cluster_name nor resource_id is given")
        self._check_tls()
        self._check_balancer()

    def _context(self) -> str:
        """The context of the kubeconfig that is meant: Azure's own tools name it as the cluster."""
        return self.cluster_name or str(self.resource_id).rstrip("/").rpartition("/")[2]


def _refuse(what: str) -> NoReturn:
    raise ComputeInvalidError(
        "compute-config-invalid",
        f"The configuration of the compute target is not valid: {what}.",
        "Example: AksCompute.attach_configuration(resource_group='any', cluster_name='CONTEXT')",
    )
