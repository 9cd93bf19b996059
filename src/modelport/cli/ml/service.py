"""`modelport ml service`: operate web services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml import verbs
from modelport.cli.ml.configurations import (
    configuration_class,
    effective,
    inference_config_of,
    model_ids,
    target_of,
)  # fmt: skip
from modelport.cli.ml.door import MlGroup, workspace_of
from modelport.cli.ml.labels import changed_labels, filter_of, labels_of

if TYPE_CHECKING:
    from modelport.sdk.webservice import Webservice


@click.group(
    cls=MlGroup,
    examples=[
        "modelport ml service run -n my-service -d '{\"data\": [[1, 2, 3]]}'",
        "modelport ml service get-logs -n my-service",
    ],
)
def service() -> None:
    """Operate web services."""


@service.command(
    "list",
    examples=["modelport ml service list -o table", "modelport ml service list -c local --query '[].name' -o tsv"],
)
@flags.text("compute_type", "--compute-type", "-c", help="Only those of this type: local, aci, aks, aksendpoint.")
@flags.text("model_name", "--model-name", help="Only those that serve this model.")
@flags.text("model_id", "--model-id", help="Only those that serve this version, such as diabetes:1.")
@flags.text("image_digest", "--image-digest", help="Only those that run this image.")
@flags.FILTERS
@click.pass_context
def list_services(context: click.Context, /, **options: Any) -> list[dict[str, Any]]:
    """List the services with their states."""
    from modelport.sdk.webservice import Webservice

    words: dict[str, Any] = {name: options[name] for name in ("compute_type", "model_name", "model_id", "image_digest")}
    words.update({name: filter_of(options[name]) for name in ("tags", "properties")})
    return [each.serialize() for each in Webservice.list(workspace_of(context), **words)]


verbs.add_show(service, "service")
verbs.add_run(service, "service")
verbs.add_get_logs(service, "service")
verbs.add_keys(service, "service")
verbs.add_get_access_token(service, "service")


@service.command(
    examples=[
        "modelport ml service update -n my-service -m diabetes:2 --ic inferenceconfig.json",
        "modelport ml service update -n my-service --cc 2 --gb 4 --add-tag stage=test",
    ]
)
@flags.SERVICE_NAME
@flags.MODELS
@flags.INFERENCE
@flags.SERVING
@flags.CHANGES
@flags.DESCRIPTION
@flags.NO_WAIT
@click.pass_context
def update(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Change what a service serves or how; what is not named stays, and no request is lost."""
    workspace = workspace_of(context)
    found = verbs.service_of(context, options["name"])
    models = model_ids(options) or None
    script = inference_config_of(workspace, options)
    settings = {**effective(options, found.compute_type), **changed_labels(found, options)}
    _update(found, {"models": models, "inference_config": script}, settings)
    if not options["no_wait"]:
        found.wait_for_deployment(show_output=True)
    return found.serialize()


def _update(service: Webservice, served: dict[str, Any], settings: dict[str, Any]) -> None:
    """Each class has its own form of `update`."""
    given: dict[str, Any] = {name: value for name, value in served.items() if value is not None}
    if service.compute_type.lower() == "local":
        config = configuration_class("local").deploy_configuration(**settings) if settings else None
        given.update({"deployment_config": config} if config is not None else {})
    else:
        given.update(settings)
    service.update(**given)  # type: ignore[attr-defined]  # every class that a service has defines it


verbs.add_delete(service, "service")


@service.group(
    "create",
    examples=["modelport ml service create aci -n my-service --image-id my-image:1"],
)
def create() -> None:
    """Run an image as a service, as the first generation of v1 did."""


def _add_create(kind: str) -> None:
    line = " ".join(("modelport ml service create", kind, "-n my-service --image-id my-image:1"))

    @create.command(kind, examples=[line])
    @flags.SERVICE_NAME
    @flags.needed("image_id", "--image-id", help="Name and version of the image, such as my-image:1.")
    @flags.text("compute_target", "--compute-target", "--ct", help="Name of the cluster to deploy to.")
    @flags.SERVING
    @flags.TAGS
    @flags.DESCRIPTION
    @flags.NO_WAIT
    @click.pass_context
    def command(context: click.Context, /, **options: Any) -> dict[str, Any]:
        """Run an image as a service."""
        return _create(context, kind, options)


def _create(context: click.Context, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    from modelport.sdk.image import Image
    from modelport.sdk.webservice import Webservice

    workspace = workspace_of(context)
    labels = {name: value for name, value in labels_of(options).items() if value}
    config = configuration_class(kind).deploy_configuration(**effective(options, kind), **labels)
    image = Image(workspace, id=options["image_id"])
    made = Webservice.deploy_from_image(workspace, options["name"], image, config, target_of(workspace, options))
    if not options["no_wait"]:
        made.wait_for_deployment(show_output=True)
    return made.serialize()


for _kind in ("aci", "aks"):
    _add_create(_kind)
