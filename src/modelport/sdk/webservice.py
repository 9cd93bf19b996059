"""Services, as v1 programs see them; `Webservice(ws, name)` gives the class that fits the service."""

from __future__ import annotations

from typing import cast

from modelport.sdk.service_door import ServiceDoor
from modelport.sdk.webservice_aks import AksEndpoint, AksWebservice, KubernetesWebservice, UnknownWebservice
from modelport.sdk.webservice_base import COMPUTE_TYPES, Webservice
from modelport.sdk.webservice_container import AciWebservice, ContainerWebservice
from modelport.sdk.webservice_local import LocalWebservice

__all__ = [
    "COMPUTE_TYPES", "AciWebservice", "AksEndpoint", "AksWebservice", "ContainerWebservice", "KubernetesWebservice",
    "LocalWebservice", "UnknownWebservice", "Webservice", "class_of",
]  # fmt: skip


def class_of(word: str) -> type[Webservice]:
    """The class for services that are shown in the words of `word`: a target, or what a spec says instead."""
    return cast("type[Webservice]", ServiceDoor._kinds[word])
