"""What services and images are supplied with by the workspace: a look at scripts, environments, images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import ScriptError
from modelport.settings import Settings, running_interpreter

if TYPE_CHECKING:
    from modelport.images.build.log import Progress
    from modelport.images.manager import ImageManager
    from modelport.services.parts import Pack, Realise, RealisedEnvironment
    from modelport.services.spec import ModelPlacement, ServiceSpec

_STEP_LENGTH = 120  # of a Dockerfile's instruction, in the record of a service


def check_script(path: Path) -> None:
    """Look at an entry script without running it; raises `ScriptError` at the file and line of the user's."""
    from modelport.worker.check import check_script as check
    from modelport.worker.problem import ScriptProblem

    try:
        check(str(path))
    except ScriptProblem as problem:
        kind = ScriptError  # its codes are those of the worker, where they are written down
        raise kind(
            problem.code, problem.message, problem.remedy, file=problem.file, line=problem.line
        ) from problem


def realising(settings: Settings) -> Realise:
    """How services get the environment that their spec describes."""

    def realise(words: Mapping[str, Any], tell: Callable[[str], None]) -> RealisedEnvironment:
        from modelport.services.parts import RealisedEnvironment

        if not words:
            return RealisedEnvironment(str(running_interpreter()))
        from modelport.environments import realise as realisation
        from modelport.environments.environment import EnvironmentDefinition
        from modelport.environments.options import options_from

        definition = EnvironmentDefinition.from_json(words)
        found = realisation.realise(definition, options_from(settings), tell)
        return RealisedEnvironment(str(found.python), dict(definition.environment_variables), found.lock.digest)

    return realise


def packing(images: Callable[[], ImageManager]) -> Pack:
    """How services get the image that their spec describes, from the working directory that is laid out for it."""

    def pack(spec: ServiceSpec, app: Path, tell: Callable[[str], None]) -> RealisedEnvironment:
        from modelport.images.wish import ImageModel, ImageScript, ImageWish
        from modelport.services.parts import RealisedEnvironment

        # Limits and keys are told to the container: an image that differs in them alone need not be built.
        wish = ImageWish(
            name=spec.name,
            kind="service",
            models=tuple(ImageModel(model.name, model.version, _placed(model, app)) for model in spec.models),
            script=ImageScript(spec.script.served_path, laid_out=app),
            environment=spec.environment,
        )
        record = images().build(wish, lambda progress: _tell_step(progress, tell))
        digest = str(record.details.get("lock_digest", ""))
        return RealisedEnvironment(
            "", {}, digest, image=record.image_id, image_name=record.reference, build_log=str(record.log_file)
        )

    return pack


def _tell_step(progress: Progress, tell: Callable[[str], None]) -> None:
    """The steps of a build in short; its own log has all that they print."""
    if progress.kind in ("note", "step", "failed"):
        line = str(progress)
        tell(line if len(line) <= _STEP_LENGTH else f"{line[: _STEP_LENGTH - 1]}…")


def _placed(model: ModelPlacement, app: Path) -> str:
    """Where a model that is not registered lies in the working directory; empty for a registered one."""
    return "" if model.version else str(app / "azureml-models" / model.name / "0" / Path(model.path).name)


def curated_for(framework: str) -> Mapping[str, Any]:
    """The environment for models of a framework that are served without a script of the user's."""
    from modelport.environments.curated import curated

    definition = curated({"ScikitLearn": "modelport-sklearn", "Onnx": "modelport-onnx"}[framework])
    return definition.to_json() if definition else {}
