"""Generated scoring scripts for models that need no script of the user's: scikit-learn and ONNX.

The templates beside this file are served as they are; they run in the worker, which alone opens the model.
"""

from __future__ import annotations

from pathlib import Path

from modelport.errors import UserError
from modelport.registry.catalog import ModelRegistry
from modelport.services.spec import ModelPlacement, ScriptSpec

# v1's name of a framework -> the script that serves its models.
TEMPLATES: dict[str, str] = {"ScikitLearn": "scikit_learn_script.py", "Onnx": "onnx_script.py"}
_BY_SUFFIX = {".onnx": "Onnx", ".joblib": "ScikitLearn"}


def framework_of(registry: ModelRegistry, models: tuple[ModelPlacement, ...]) -> str:
    """The framework of the one model that is to be served without a script; raises `UserError` where it is not one."""
    if len(models) != 1:
        raise UserError(
            "script-needed",
            f"Without an entry script exactly one model can be served, not {len(models)}.",
            "Give an inference_config (command line: --entry-script score.py).",
        )
    model = models[0]
    framework = registry.get(model.name, model.version).framework if model.version else ""
    framework = framework or _BY_SUFFIX.get(Path(model.path or _file_name(registry, model)).suffix.lower(), "")
    if framework in TEMPLATES:
        return framework
    what = f"Model '{model.id}'" if model.version else f"The model file '{model.path}'"
    raise UserError(
        "framework-without-script",
        f"{what} has the framework {framework or 'unknown'!r}, for which there is no script to serve it; "
        f"there is one for: {', '.join(sorted(TEMPLATES))}.",
        "Give an entry script (--entry-script score.py), or register the model with "
        "model_framework=Model.Framework.SCIKITLEARN or ONNX "
        "(command line: modelport model register --framework ScikitLearn).",
    )


def _file_name(registry: ModelRegistry, model: ModelPlacement) -> str:
    return registry.get(model.name, model.version).root_name


def script_of(framework: str) -> ScriptSpec:
    """The generated script of a framework, where this installation has it now."""
    return ScriptSpec(str(Path(__file__).with_name(TEMPLATES[framework])))
