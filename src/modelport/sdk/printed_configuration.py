"""What a deployment is asked for, in lines: `Model.print_configuration`, and `Model.deploy(..., show_output=True)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from modelport.sdk.arguments import say

if TYPE_CHECKING:
    from modelport.sdk.deployment_request import DeploymentConfiguration
    from modelport.sdk.environment import Environment
    from modelport.sdk.inference_config import InferenceConfig

_PLACES = {"local": "this machine", "container": "a container", "kubernetes": "a cluster"}


def print_configuration(
    models: Iterable[Any],
    script: InferenceConfig | None,
    config: DeploymentConfiguration | None,
    target: object = None,
) -> None:
    """Print a line for each thing that is known."""
    names = [str(getattr(model, "id", model)) for model in models]
    say(f"Models: {', '.join(names) or 'none'}")
    place = _PLACES[config._target if config is not None else "local"]
    say(f"Target: {getattr(target, 'name', None) or place}")
    for line in _script_lines(script) if script is not None else ():
        say(line)
    if config is not None:
        config.print_deploy_configuration()


def _script_lines(script: InferenceConfig) -> Iterator[str]:
    folder = f" in {script.source_directory}" if script.source_directory else ""
    yield f"Entry script: {script.entry_script}{folder}"
    if script.environment is not None:
        yield from _environment_lines(script.environment)
    elif script.conda_file is not None:
        yield f"Packages: those of {script.conda_file}"


def _environment_lines(environment: Environment) -> Iterator[str]:
    yield f"Environment: {environment.name}"
    if environment.environment_variables:
        yield f"Environment variables: {', '.join(sorted(environment.environment_variables))}"
    dependencies = environment.python.conda_dependencies
    if dependencies is not None and not environment.python.user_managed_dependencies:
        packages = [*dependencies.conda_packages, *dependencies.pip_packages]
        yield f"Packages: {', '.join(packages) or 'none'}"
    if environment.docker.base_image is not None:
        yield f"Base image: {environment.docker.base_image}"
    elif environment.docker.base_dockerfile is not None:
        yield f"Base image: built from a Dockerfile of {len(environment.docker.base_dockerfile.splitlines())} lines"
