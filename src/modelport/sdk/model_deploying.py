"""The static methods of `Model` that do something with several models: deploying, packaging, measuring, telling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelport.sdk.deployment_request import DeploymentConfiguration
    from modelport.sdk.inference_config import InferenceConfig
    from modelport.sdk.package import ModelPackage
    from modelport.sdk.profile import ModelProfile
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
    def profile(
        workspace: Workspace,
        profile_name: str,
        models: Iterable[Any],
        inference_config: InferenceConfig,
        input_dataset: Any = None,
        cpu: float | None = None,
        memory_in_gb: float | None = None,
        description: str | None = None,
        *,
        input_data: Any = None,
        seconds: float = 10.0,
        queries_per_second: float | None = None,
    ) -> ModelProfile:
        """Measure what a service costs: it is deployed here for a moment, and sent requests; returns with the result.

        `input_dataset` (v1's first generation: `input_data`) is the text of a request, a list of them, a file (.jsonl:
        one in each line), or a table with one column. They are sent one after the other, then for `seconds` as many
        each second as keep the service busy for 70 percent of its time, or `queries_per_second`. What is recommended is
        compared with `cpu` and `memory_in_gb`. A service that cannot start makes a profile that failed.
        Raises `UserError` (`requests-needed`, `requests-invalid`, `argument-invalid`), `ScriptError`, `NotFoundError`.
        """
        from modelport.sdk.profile import profile

        return profile(
            workspace, profile_name, models, inference_config, cpu=cpu, memory_in_gb=memory_in_gb,
            description=description, seconds=seconds, queries_per_second=queries_per_second,
            requests=input_dataset if input_data is None else input_data,
        )  # fmt: skip

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
