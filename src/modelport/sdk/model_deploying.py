"""The static methods of `Model` that do something with several models: deploying, packaging, measuring, telling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelport.sdk.deployment_request import DeploymentConfiguration
    from modelport.sdk.inference_config import InferenceConfig
    from modelport.sdk.package import ModelPackage
    from modelport.sdk.webservice import Webservice
    from modelport.sdk.workspace import Workspace

# What deploying needs is imported when it is asked for: registering a model needs none of it.


class ModelDeploying:
    """What can be done with models together."""

    @staticmethod
    def deploy(
        workspace: Workspace,
        name: str,
        models: Iterable[Any],
        inference_config: InferenceConfig | None = None,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
        show_output: bool = False,
    ) -> Webservice:
        """Deploy models behind an entry script as a service; returns when its `init()` is under way.

        `models` mixes models, "name:version" and paths of local files; without an `inference_config` one scikit-learn
        or ONNX model is served by a script of ours. Without a `deployment_config` it is deployed on this machine.
        `show_output` prints what is deployed (`print_configuration`), then each step.
        Raises `UserError`, `ScriptError` (file:line of the script), `ConflictError` (`service-exists` unless
        `overwrite`, `port-in-use`), `ResolutionError`, `DeploymentError`; then nothing is left behind.
        """
        from modelport.sdk.deploying import deploy

        return deploy(
            workspace, name, models, inference_config, deployment_config, deployment_target, overwrite, show_output
        )

    @staticmethod
    def package(
        workspace: Workspace,
        models: Iterable[Any],
        inference_config: InferenceConfig | None = None,
        generate_dockerfile: bool = False,
        image_name: str | None = None,
        image_label: str | None = None,
    ) -> ModelPackage:
        """Begin to build an image of models behind an entry script (`generate_dockerfile`: its Dockerfile and context).

        Returns at once: `wait_for_creation` sees it through. The image is called `image_name:image_label`, by default
        `package:` and the time. Without an `inference_config` one scikit-learn or ONNX model is served by a script of
        ours. Raises `UserError`, `ScriptError`, `NotFoundError`, `EngineError` before anything is recorded.
        """
        from modelport.sdk.package import package

        return package(workspace, models, inference_config, generate_dockerfile, image_name, image_label)

    @staticmethod
    def print_configuration(
        models: Iterable[Any],
        inference_config: InferenceConfig | None,
        deployment_config: DeploymentConfiguration | None,
        deployment_target: object,
    ) -> None:
        """Print what `deploy` would be asked for: models, target, entry script, environment, sizes."""
        from modelport.sdk.printed_configuration import print_configuration

        print_configuration(models, inference_config, deployment_config, deployment_target)
