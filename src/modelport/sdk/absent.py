"""What the Azure ML SDK v1 had and Modelport does not: it can be imported and named, and says at the call why not.

A program that deploys often imports a data set or a training class on the way; that must not stop it before the line
that needs one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from modelport.errors import UserError


@dataclass(frozen=True)
class Reason:
    """Why a part of v1 is not covered, and what to use instead; both are sentences."""

    why: str
    instead: str


REASONS: dict[str, Reason] = {
    "training": Reason(
        "Modelport serves models; it does not train them.",
        "Train with the library itself, then register what it wrote: Model.register(ws, 'outputs/model.pkl', 'NAME').",
    ),
    "tuning": Reason(
        "Modelport serves models; it does not search for their parameters.",
        "Tune with Optuna or scikit-learn's GridSearchCV, then register the best model with Model.register.",
    ),
    "automl": Reason(
        "Modelport serves models; it does not choose and train them.",
        "Train with FLAML or auto-sklearn, save the best model, then register it with Model.register.",
    ),
    "datasets": Reason(
        "Modelport keeps models, not data sets.",
        "Read the data with pandas or fsspec; a file that a script needs at run time can be registered as a model.",
    ),
    "pipelines": Reason(
        "Modelport deploys models as web services; it does not run batch pipelines.",
        "Run the steps with Airflow, Prefect or a plain Python script; deploy from its last step.",
    ),
    "widgets": Reason(
        "There is no remote run to watch: Modelport starts none.",
        "For a deployment use service.wait_for_deployment(show_output=True) and service.get_logs().",
    ),
    "explanations": Reason(
        "Modelport does not explain or audit models.",
        "Use shap, interpret-community or fairlearn directly; a fitted explainer can be called in run().",
    ),
    "tracking": Reason(
        "Modelport does not stand in for a tracking server.",
        "Use MLflow with a server of its own; `modelport model register` takes a folder that MLflow saved.",
    ),
    "drift": Reason(
        "Modelport collects the data of a service but does not compare them.",
        "Collect with ModelDataCollector in score.py, then compare the CSV files with Evidently or whylogs.",
    ),
    "azure": Reason(
        "It belongs to a resource of Azure that a workspace of Modelport does not have.",
        "Leave the call out; a workspace is a folder on this machine.",
    ),
    "fpga": Reason(
        "Modelport has no target with FPGA accelerators.",
        "Deploy the model to a local or container service: LocalWebservice or AciWebservice.",
    ),
}


class AbsentType(type):
    """The class of stand-ins: naming one, its attributes or a subclass of it works, calling raises."""

    _modelport_reason: Reason

    def __call__(cls, *_arguments: Any, **_words: Any) -> NoReturn:
        """Raise the `UserError` (`v1-not-covered`) that says why, and what to use instead."""
        raise not_covered(_full_name(cls), cls._modelport_reason)

    def __getattr__(cls, name: str) -> AbsentType:
        if name.startswith("_"):
            raise AttributeError(f"{_full_name(cls)!r} has no attribute {name!r}")
        return absent(f"{_full_name(cls)}.{name}", cls._modelport_reason)

    def __repr__(cls) -> str:
        return f"<{_full_name(cls)}: not covered by Modelport>"


def absent(full_name: str, reason: Reason) -> AbsentType:
    """The stand-in for something of v1 by its dotted name, "azureml.core.Dataset".

    >>> absent("azureml.core.Dataset", REASONS["datasets"]).Tabular
    <azureml.core.Dataset.Tabular: not covered by Modelport>
    """
    module, _, name = full_name.rpartition(".")
    return AbsentType(name, (), {"__module__": module, "__qualname__": name, "_modelport_reason": reason})


def not_covered(full_name: str, reason: Reason) -> UserError:
    """The error for the use of something that v1 had."""
    return UserError("v1-not-covered", f"{full_name} is not covered. {reason.why}", reason.instead)


def _full_name(stand_in: type) -> str:
    return f"{stand_in.__module__}.{stand_in.__qualname__}"
