"""The flags of `az ml`, by the names of the arguments that they become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_TRUE, _FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


class Switch(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """true or false; a flag alone means true, as `az` has it."""

    name = "switch"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        """The word as a truth value."""
        word = str(value).lower()
        if word not in (*_TRUE, *_FALSE):
            self.fail(f"{value!r} is neither true nor false.", param, ctx)
        return word in _TRUE


def text(name: str, *flags: str, help: str, **more: Any) -> Decorator:
    """An option with a text."""
    return click.option(*flags, name, help=help, **more)


def number(name: str, *flags: str, help: str) -> Decorator:
    """An option with a number."""
    return click.option(*flags, name, type=float, help=help)


def whole(name: str, *flags: str, help: str) -> Decorator:
    """An option with a whole number."""
    return click.option(*flags, name, type=int, help=help)


def switch(name: str, *flags: str, help: str) -> Decorator:
    """An option that is true alone, and may be told otherwise: `--ae`, `--ae false`."""
    return click.option(
        *flags, name, type=Switch(), is_flag=False, flag_value="true", metavar="[true|false]", help=help
    )


def many(name: str, *flags: str, help: str, metavar: str = "TEXT") -> Decorator:
    """An option that may stand several times."""
    return click.option(*flags, name, multiple=True, metavar=metavar, help=help)


def needed(name: str, *flags: str, help: str) -> Decorator:
    """An option without which there is no command."""
    return click.option(*flags, name, required=True, help=help)


def all_of(*options: Decorator) -> Decorator:
    """Many options as one decorator, in their order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


SERVICE_NAME = needed("name", "--name", "-n", help="Name of the service.")
NO_WAIT = click.option("--no-wait", is_flag=True, help="Return at once, without waiting for the end.")
OUTPUT_METADATA = text(
    "output_metadata_file", "--output-metadata-file", "-t", metavar="FILE",
    help="File to write the id to, for a later command.",
)  # fmt: skip
TAGS = all_of(
    many("tags", "--tag", metavar="KEY=VALUE", help="Tag; repeatable."),
    many("properties", "--property", metavar="KEY=VALUE", help="Property, which never changes; repeatable."),
)
CHANGES = all_of(
    many("add_tags", "--add-tag", metavar="KEY=VALUE", help="Tag to add; repeatable."),
    many("remove_tags", "--remove-tag", metavar="KEY", help="Tag to remove; repeatable."),
    many("add_properties", "--add-property", metavar="KEY=VALUE", help="Property to add; repeatable."),
)
FILTERS = all_of(
    many("tags", "--tag", metavar="KEY[=VALUE]", help="Only those with this tag; repeatable."),
    many("properties", "--property", metavar="KEY[=VALUE]", help="Only those with this property; repeatable."),
)
MODELS = all_of(
    many("models", "--model", "-m", metavar="NAME:VERSION", help="Model to serve; repeatable."),
    many(
        "model_metadata_files", "--model-metadata-file", "-f", metavar="FILE",
        help="File with a modelId, as register writes it; repeatable.",
    ),
)  # fmt: skip
ENVIRONMENT = all_of(
    text("environment_name", "--environment-name", "-e", help="A registered environment."),
    text("environment_version", "--environment-version", "--ev", help="Its version; default: the newest."),
    text("environment_directory", "--environment-directory", "--ed", metavar="FOLDER",
         help="Folder with an environment, as environment download writes it."),
)  # fmt: skip
INFERENCE = all_of(
    text("inference_config_file", "--inference-config-file", "--ic", metavar="FILE",
         help="JSON or YAML: entryScript, environment …; flags go before it."),
    text("entry_script", "--entry-script", "--es", metavar="FILE", help="Script with init() and run(data)."),
    text("source_directory", "--source-directory", "--sd", metavar="FOLDER", help="Folder that is deployed whole."),
    text("conda_file", "--conda-file", "--cf", metavar="FILE", help="Environment from a conda file."),
    text("runtime", "--runtime", "--rt", help="python; v1's first generation."),
    text("extra_docker_file_steps", "--extra-docker-file-steps", "--ds", metavar="FILE",
         help="Further Dockerfile steps."),
    switch("enable_gpu", "--enable-gpu", "--eg", help="Recorded; a base image with CUDA is needed."),
    text("cuda_version", "--cuda-version", "--cv", help="Recorded."),
    text("base_image", "--base-image", "--bi", help="Image to build on."),
    text("base_image_registry", "--base-image-registry", "--ir", help="Address of its registry."),
    ENVIRONMENT,
)  # fmt: skip
RESOURCES = all_of(
    number("cpu_cores", "--cpu-cores", "--cc", help="Processor cores of one replica."),
    number("memory_gb", "--memory-gb", "--gb", help="Memory of one replica in GB."),
    whole("gpu_cores", "--gpu-cores", "--gc", help="GPUs of one replica."),
)
_CLUSTER = all_of(
    number("cpu_cores_limit", "--cpu-cores-limit", "--ccl", help="Most cores that one replica may use."),
    number("memory_gb_limit", "--memory-gb-limit", "--gbl", help="Most memory that one replica may use, in GB."),
    whole("num_replicas", "--num-replicas", "--nr", help="A fixed number of replicas."),
    switch("autoscale_enabled", "--autoscale-enabled", "--as", help="Let the number of replicas follow the load."),
    whole("autoscale_min_replicas", "--autoscale-min-replicas", "--mi", help="Fewest replicas."),
    whole("autoscale_max_replicas", "--autoscale-max-replicas", "--ma", help="Most replicas."),
    whole("autoscale_refresh_seconds", "--autoscale-refresh-seconds", "--ar", help="Seconds between decisions."),
    whole("autoscale_target_utilization", "--autoscale-target-utilization", "--at", help="Busy replicas, in percent."),
    whole("replica_max_concurrent_requests", "--replica-max-concurrent-requests", "--rm",
          help="Requests that one replica runs at once."),
    whole("max_request_wait_time", "--max-request-wait-time", "--mr", help="Longest wait in milliseconds, then 503."),
    whole("scoring_timeout_ms", "--scoring-timeout-ms", "--tm", help="Limit of one run() in milliseconds."),
    whole("period_seconds", "--period-seconds", "--ps", help="Seconds between probes."),
    whole("initial_delay_seconds", "--initial-delay-seconds", "--id", help="Seconds before the first probe."),
    whole("timeout_seconds", "--timeout-seconds", "--ts", help="Seconds until a probe fails."),
    whole("success_threshold", "--success-threshold", "--st", help="Probes that make it healthy."),
    whole("failure_threshold", "--failure-threshold", "--ft", help="Failed probes that make it unhealthy."),
    switch("token_auth_enabled", "--token-auth-enabled", help="Ask callers for a token."),
    text("namespace", "--namespace", help="Namespace in the cluster."),
)  # fmt: skip
_CLOUD = all_of(
    text("primary_key", "--primary-key", "--kp", help="Primary key of the service."),
    text("secondary_key", "--secondary-key", "--ks", help="Secondary key of the service."),
    switch("ssl_enabled", "--ssl-enabled", "--se", help="Speak TLS."),
    text("ssl_cname", "--ssl-cname", "--sc", help="Host name of the certificate."),
    text("ssl_cert_pem_file", "--ssl-cert-pem-file", "--sp", metavar="FILE", help="The certificate."),
    text("ssl_key_pem_file", "--ssl-key-pem-file", "--sk", metavar="FILE", help="Its key."),
    text("dns_name_label", "--dns-name-label", "--dn", help="Recorded."),
    text("location", "--location", "--lo", help="Recorded."),
    text("vnet_name", "--vnet-name", help="Recorded."),
    text("subnet_name", "--subnet-name", help="Recorded."),
    text("cmk_vault_base_url", "--vault-base-url", help="Recorded."),
    text("cmk_key_name", "--key-name", help="Recorded."),
    text("cmk_key_version", "--key-version", help="Recorded."),
)
SERVING = all_of(
    RESOURCES,
    whole("port", "--port", "--po", help="Port of a local service."),
    switch("auth_enabled", "--auth-enabled", "--ae", help="Ask callers for a key."),
    switch("enable_app_insights", "--enable-app-insights", "--ai", help="Recorded; metrics are at /metrics."),
    switch("collect_model_data", "--collect-model-data", "--md", help="Keep what ModelDataCollector collects."),
    _CLUSTER,
    _CLOUD,
)
VERSION = all_of(
    text("version_name", "--version-name", "--vn", help="Version of an endpoint."),
    number("traffic_percentile", "--traffic-percentile", "--tp", help="Its share of the traffic, in percent."),
)
DESCRIPTION = text("description", "--description", "-d", help="What it is.")
