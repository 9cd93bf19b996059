"""`modelport ml endpoint realtime`: endpoints whose versions share the traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml import verbs
from modelport.cli.ml.configurations import effective, inference_config_of, model_ids
from modelport.cli.ml.door import MlGroup, workspace_of
from modelport.cli.ml.labels import changed_labels, labels_of

if TYPE_CHECKING:
    from modelport.sdk.webservice import AksEndpoint

_NOUN = "endpoint realtime"
_VERSION_NAME = flags.needed("version_name", "--version-name", "--vn", help="Name of the version.")
_SHARE = flags.all_of(
    flags.number("traffic_percentile", "--traffic-percentile", "--tp", help="Its share of the traffic, in percent."),
    flags.switch("is_default", "--is-default", help="It gets what no other version gets."),
    flags.switch("is_control_version_type", "--is-control-version-type", "--cvt",
                 help="It is what the others are compared with."),
)  # fmt: skip


@click.group(cls=MlGroup, examples=["modelport ml endpoint realtime show -n my-service"])
def endpoint() -> None:
    """Endpoints whose versions share the traffic."""


@endpoint.group(
    examples=[
        "modelport ml endpoint realtime create-version -n my-service --vn blue -m diabetes:2 --tp 10",
        "modelport ml endpoint realtime delete-version -n my-service --vn blue",
    ]
)
def realtime() -> None:
    """Endpoints that answer at once; the only kind."""


verbs.add_show(realtime, _NOUN)
verbs.add_run(realtime, _NOUN)
verbs.add_get_logs(realtime, _NOUN)
verbs.add_keys(realtime, _NOUN)
verbs.add_get_access_token(realtime, _NOUN)
verbs.add_delete(realtime, _NOUN)


@realtime.command("list", examples=["modelport ml endpoint realtime list -o table"])
@click.pass_context
def list_endpoints(context: click.Context) -> list[dict[str, Any]]:
    """List the endpoints with their states."""
    from modelport.sdk.webservice import Webservice

    return [each.serialize() for each in Webservice.list(workspace_of(context), compute_type="AKSENDPOINT")]


@realtime.command(
    "create-version",
    examples=["modelport ml endpoint realtime create-version -n my-service --vn blue -m diabetes:2 --tp 10"],
)
@flags.SERVICE_NAME
@_VERSION_NAME
@flags.MODELS
@flags.INFERENCE
@flags.SERVING
@_SHARE
@flags.TAGS
@flags.DESCRIPTION
@flags.NO_WAIT
@click.pass_context
def create_version(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Deploy a further version behind an endpoint."""
    labels = {name: value for name, value in labels_of(options).items() if value}
    found = _endpoint(context, options["name"])
    found.create_version(options["version_name"], **_version_words(context, options), **labels)
    return _waited(found, options)


@realtime.command(
    "update-version",
    examples=["modelport ml endpoint realtime update-version -n my-service --vn blue --tp 50 --is-default"],
)
@flags.SERVICE_NAME
@_VERSION_NAME
@flags.MODELS
@flags.INFERENCE
@flags.SERVING
@_SHARE
@flags.CHANGES
@flags.DESCRIPTION
@flags.NO_WAIT
@click.pass_context
def update_version(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Change a version of an endpoint; what is not named stays."""
    found = _endpoint(context, options["name"])
    version = found.versions.get(options["version_name"], found)
    labels = changed_labels(version, options)
    found.update_version(options["version_name"], **_version_words(context, options), **labels)
    return _waited(found, options)


@realtime.command(
    "delete-version", examples=["modelport ml endpoint realtime delete-version -n my-service --vn blue"]
)
@flags.SERVICE_NAME
@_VERSION_NAME
@flags.NO_WAIT
@click.pass_context
def delete_version(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """End a version of an endpoint."""
    found = _endpoint(context, options["name"])
    found.delete_version(options["version_name"])
    return _waited(found, options)


@realtime.command(examples=["modelport ml endpoint realtime update -n my-service --ae true --add-tag stage=test"])
@flags.SERVICE_NAME
@flags.switch("auth_enabled", "--auth-enabled", "--ae", help="Ask callers for a key.")
@flags.switch("token_auth_enabled", "--token-auth-enabled", help="Ask callers for a token.")
@flags.switch("enable_app_insights", "--enable-app-insights", "--ai", help="Recorded.")
@flags.CHANGES
@flags.DESCRIPTION
@flags.NO_WAIT
@click.pass_context
def update(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Change what all versions of an endpoint have in common."""
    found = _endpoint(context, options["name"])
    names = ("auth_enabled", "token_auth_enabled", "enable_app_insights")
    words = {name: options[name] for name in names if options[name] is not None}
    found.update(**words, **changed_labels(found, options))
    return _waited(found, options)


def _endpoint(context: click.Context, name: str) -> AksEndpoint:
    from modelport.sdk.webservice import AksEndpoint

    return AksEndpoint(workspace_of(context), name)


def _version_words(context: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """What a version serves and how, as far as the line says it."""
    workspace = workspace_of(context)
    shares = ("traffic_percentile", "is_default", "is_control_version_type")
    words = {
        "models": model_ids(options) or None,
        "inference_config": inference_config_of(workspace, options),
        **effective({**options, **dict.fromkeys(("version_name", "traffic_percentile"))}, "version"),
        **{name: options[name] for name in shares},
    }
    return {name: value for name, value in words.items() if value is not None}


def _waited(found: AksEndpoint, options: dict[str, Any]) -> dict[str, Any]:
    if not options["no_wait"]:
        found.wait_for_deployment(show_output=True)
    return found.serialize()
