"""Checks of models and of how the script looks for them (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from modelport.diagnosis.facts import Facts, ModelFacts
from modelport.diagnosis.finding import Finding, Severity
from modelport.diagnosis.script_reading import ModelFile

_QUOTED = re.compile(r"'([^']+)'")
_MODELS = "azureml-models/"
_FILES_TOLD = 8


def check_model_places(facts: Facts) -> Iterator[Finding]:
    """The paths below AZUREML_MODEL_DIR that stand in the script lead to files of the models that are served."""
    if facts.script is None or facts.script.reading is None:
        return
    for file in facts.script.reading.model_files:
        if not facts.models:
            yield _no_model(facts, f"line {file.line} looks for {'/'.join(file.parts)}")
        elif not _leads_to(facts.models, file):
            yield _wrong_place(facts, "/".join(file.parts), f"{facts.script.path}:{file.line}")


def check_missing_file(facts: Facts) -> Iterator[Finding]:
    """A file that could not be opened: a model by a path that does not hold in a service, or a file left behind."""
    raised = facts.raised
    if raised is None:
        return
    if "AZUREML_MODEL_DIR" in raised.message and not facts.models:
        yield _no_model(facts, str(raised))
    quoted = _QUOTED.search(raised.message)
    if quoted is None:
        return
    path = PurePosixPath(quoted[1])
    if raised.kind == "FileNotFoundError":
        yield from _not_found(facts, path)
    elif raised.kind == "IsADirectoryError":
        yield from _is_a_folder(facts, path)
    elif raised.kind == "NotADirectoryError":
        yield from _is_a_file(facts, path)


# -- what is found ---------------------------------------------------------------------------------------------------


def _severity(facts: Facts) -> Severity:
    """A look at the text alone may be wrong (code that never runs): certain only once it has failed."""
    return Severity.ERROR if facts.raised is not None else Severity.WARNING


def refined(facts: Facts) -> tuple[str, ...]:
    """The code of the failure that a finding explains better, where the user's code raised it."""
    return (facts.failure.code,) if facts.raised is not None and facts.failure is not None else ()


def _no_model(facts: Facts, proof: str) -> Finding:
    return Finding(
        "no-model-deployed", _severity(facts), "models",
        "The script looks for a model in AZUREML_MODEL_DIR, and the service has none.",
        (proof,), "Deploy it with its model: --model NAME:VERSION or --model FILE (models=[...] of Model.deploy).",
        refines=refined(facts),
    )  # fmt: skip


def _leads_to(models: tuple[ModelFacts, ...], file: ModelFile) -> bool:
    wanted = "/".join(file.parts)
    return any(path == wanted or path.startswith(f"{wanted}/") for path in _served(models))


def _served(models: tuple[ModelFacts, ...]) -> Iterator[str]:
    """The paths below AZUREML_MODEL_DIR: with one model the folder is that of its version, with several the one above
    all of them."""
    for model in models:
        above = f"{model.name}/{model.version}/" if len(models) > 1 else ""
        yield from (f"{above}{path}" for path in model.files)


def _expression(path: str) -> str:
    parts = ", ".join(f'"{part}"' for part in path.split("/"))
    return f'os.path.join(os.environ["AZUREML_MODEL_DIR"], {parts})'


def _wrong_place(facts: Facts, wanted: str, proof: str) -> Finding:
    served = sorted(_served(facts.models))
    name = PurePosixPath(wanted).name
    same = [path for path in served if PurePosixPath(path).name == name]
    above = len(facts.models) > 1 and bool(same)
    cause = (
        f"With several models AZUREML_MODEL_DIR is the folder above all of them, and '{wanted}' is not in it."
        if above
        else f"There is no '{wanted}' in the folder of the model {name_of_models(facts)}."
    )
    best = same[0] if same else served[0] if len(served) == 1 else ""
    remedy = f"Use {_expression(best)}." if best else "Use one of the paths above, below AZUREML_MODEL_DIR."
    return Finding(
        "model-folder-is-above" if above else "model-file-missing", _severity(facts), "init", cause,
        (proof, f"below AZUREML_MODEL_DIR: {_some(served)}"), remedy, refines=refined(facts),
    )  # fmt: skip


def _some(paths: list[str]) -> str:
    more = f" … and {len(paths) - _FILES_TOLD} more" if len(paths) > _FILES_TOLD else ""
    return ", ".join(paths[:_FILES_TOLD]) + more


def _not_found(facts: Facts, path: PurePosixPath) -> Iterator[Finding]:
    served = sorted(_served(facts.models))
    same = [each for each in served if PurePosixPath(each).name == path.name]
    if _MODELS in str(path):
        yield _wrong_place(facts, _below_models(facts, path), str(facts.raised))
    elif same:
        where = "by its path on the machine where it was trained" if path.is_absolute() else "relative to the script"
        yield Finding(
            "model-path-absolute" if path.is_absolute() else "model-path-relative", Severity.ERROR, "init",
            f"The script opens its model {where}: '{path}' is not there in a service.",
            (str(facts.raised), f"below AZUREML_MODEL_DIR: {_some(served)}"), f"Use {_expression(same[0])}.",
            refines=refined(facts),
        )  # fmt: skip
    elif facts.script is not None and not path.is_absolute() and path.parts[0] in facts.script.beside:
        yield Finding(
            "file-not-deployed", Severity.ERROR, "init",
            f"'{path}' lies beside the script on this machine and was not deployed with it.", (str(facts.raised),),
            "Deploy the whole folder: --source-directory . (source_directory of InferenceConfig); and open the file "
            f'beside the script: os.path.join(os.path.dirname(__file__), "{path}").',
            refines=refined(facts),
        )  # fmt: skip


def _below_models(facts: Facts, path: PurePosixPath) -> str:
    """The part of a path that the script joined to AZUREML_MODEL_DIR."""
    below = str(path).partition(_MODELS)[2].split("/")
    return "/".join(below if len(facts.models) > 1 else below[2:]) or path.name


def _is_a_folder(facts: Facts, path: PurePosixPath) -> Iterator[Finding]:
    model = next((each for each in facts.models if each.is_folder and each.entry == path.name), None)
    if model is not None:
        inside = sorted(each.partition("/")[2] for each in model.files)
        yield Finding(
            "model-is-a-folder", Severity.ERROR, "init",
            f"The model {model.id} is a folder, and the script opens it as a file.",
            (str(facts.raised), f"in '{model.entry}': {_some(inside)}"),
            f'Join the name of the file to it: os.path.join(path, "{inside[0]}").', refines=refined(facts),
        )  # fmt: skip


def _is_a_file(facts: Facts, path: PurePosixPath) -> Iterator[Finding]:
    names = set(path.parts)
    model = next((each for each in facts.models if not each.is_folder and each.entry in names), None)
    if model is not None:
        yield Finding(
            "model-is-a-file", Severity.ERROR, "init",
            f"The model {model.id} is a file, and the script takes '{model.entry}' for a folder.", (str(facts.raised),),
            "The path of the model is a file already: Model.get_model_path(NAME) gives it whole, so join nothing to "
            "it.",
            refines=refined(facts),
        )  # fmt: skip


def name_of_models(facts: Facts) -> str:
    """The models that are served, as words."""
    return ", ".join(model.id for model in facts.models) or "the service"
