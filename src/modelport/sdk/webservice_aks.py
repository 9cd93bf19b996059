"""Services on Kubernetes clusters, and those on targets that the SDK does not know."""

from __future__ import annotations

from typing import Any

from modelport.errors import UserError
from modelport.sdk.aks_endpoint import EndpointParts
from modelport.sdk.aks_parts import ClusterParts
from modelport.sdk.webservice_base import Webservice
from modelport.services.parts import CLUSTER


class AksWebservice(ClusterParts, Webservice, shown_as=CLUSTER):
    """A service on a Kubernetes cluster; deploying one raises `UserError` (`target-unavailable`) in this version."""


KubernetesWebservice = AksWebservice


class AksEndpoint(EndpointParts, AksWebservice, shown_as="aksendpoint"):
    """Several versions of a service on a Kubernetes cluster, which share its requests."""


class UnknownWebservice(Webservice, shown_as="unknown"):
    """A service on a target for which the SDK has no class: it can be looked at, and deleted."""

    def update(self, *args: Any) -> None:
        """Raise `UserError` (`target-unknown`): how such a service is changed is not known."""
        _ = args
        raise _unknown(self.name, "changed")

    def run(self, input: Any) -> Any:
        """Raise `UserError` (`target-unknown`): how such a service is called is not known."""
        _ = input
        raise _unknown(self.name, "called")


def _unknown(name: str, what: str) -> UserError:
    return UserError(
        "target-unknown",
        f"Service '{name}' runs on a target that the SDK does not know: it cannot be {what} from here.",
        f"Use the command line: modelport service show {name}",
    )
