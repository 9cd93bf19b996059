"""`modelport ml model`: register, find, change and delete models; the rest is in `model_serving`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml.door import MlGroup, azure_words, workspace_of
from modelport.cli.ml.files import named_in, write_file
from modelport.cli.ml.labels import filter_of
from modelport.cli.ml.model_serving import deploy, package, profile
from modelport.cli.words import pairs
from modelport.errors import UserError

if TYPE_CHECKING:
    from modelport.sdk.model import Model
    from modelport.sdk.resource import ResourceConfiguration
    from modelport.sdk.workspace import Workspace

_ID = flags.needed("model_id", "--model-id", "-i", help="Name and version, such as diabetes:1.")
_SIZES = flags.all_of(
    flags.number("cpu", "--cpu-cores", "--cc", help="Processor cores that a service of it needs."),
    flags.number("memory_in_gb", "--memory-gb", "--gb", help="Memory that a service of it needs, in GB."),
    flags.whole("gpu", "--gpu-cores", "--gc", help="GPUs that a service of it needs."),
)


@click.group(
    cls=MlGroup,
    examples=[
        "modelport ml model register -n diabetes -p outputs/model.pkl -t model.json",
        "modelport ml model deploy -n my-service -m diabetes:1 --ic inferenceconfig.json --dc deploymentconfig.json",
    ],
)
def model() -> None:
    """Register, find, deploy, package and profile models."""


@model.command(
    examples=[
        "modelport ml model register -n diabetes -p outputs/model.pkl --tag area=health -t model.json",
        "modelport ml model register -n diabetes --asset-path outputs/model.pkl -f run.json",
    ]
)
@flags.needed("name", "--name", "-n", help="Name of the model.")
@flags.text("model_path", "--model-path", "-p", metavar="PATH", help="File or folder to register.")
@flags.text("asset_path", "--asset-path", metavar="PATH", help="The same among the files of a run.")
@flags.text("run_id", "--run-id", "-r", help="The run that it comes from.")
@flags.text("run_metadata_file", "--run-metadata-file", "-f", metavar="FILE", help="File with a runId.")
@flags.text("experiment_name", "--experiment-name", help="Without effect: a run is found by its id.")
@flags.text("model_framework", "--model-framework", help="ScikitLearn, Onnx, TensorFlow …")
@flags.text("model_framework_version", "--model-framework-version", help="Its version.")
@flags.text("sample_input_dataset", "--sample-input-dataset-id", help="Recorded.")
@flags.text("sample_output_dataset", "--sample-output-dataset-id", help="Recorded.")
@_SIZES
@flags.TAGS
@flags.DESCRIPTION
@flags.OUTPUT_METADATA
@click.pass_context
def register(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Register a file or a folder, or an output of a run, as the next version of a model."""
    workspace = workspace_of(context)
    made = _register(workspace, options)
    if options["output_metadata_file"]:
        azure = {"resource_group": workspace.resource_group, **azure_words(context)}
        content = {
            "modelId": made.id,
            "workspaceName": workspace.name,
            "resourceGroupName": azure["resource_group"],
        }
        write_file(options["output_metadata_file"], content)
    return made.serialize()


def _register(workspace: Workspace, options: dict[str, Any]) -> Model:
    from modelport.sdk.model import Model

    words = {
        name: options[name]
        for name in ("model_framework", "model_framework_version", "sample_input_dataset", "sample_output_dataset",
                     "description")
    }  # fmt: skip
    words["tags"] = pairs(options["tags"], "--tag") or None
    words["properties"] = pairs(options["properties"], "--property") or None
    words["resource_configuration"] = _sizes(options)
    run_id = options["run_id"]
    if options["run_metadata_file"]:
        run_id = named_in(options["run_metadata_file"], "--run-metadata-file", "runId")
    if options["model_path"]:
        return Model.register(workspace, options["model_path"], options["name"], **words)
    if run_id and options["asset_path"]:
        return workspace.get_run(run_id).register_model(options["name"], options["asset_path"], **words)
    raise UserError(
        "model-path-needed",
        f"There is nothing to register as '{options['name']}': neither --model-path nor --asset-path with a run.",
        f"For example: modelport ml model register -n {options['name']} -p outputs/model.pkl",
    )


def _sizes(options: dict[str, Any]) -> ResourceConfiguration | None:
    from modelport.sdk.resource import ResourceConfiguration

    given = {name: options[name] for name in ("cpu", "memory_in_gb", "gpu") if options[name] is not None}
    return ResourceConfiguration(**given) if given else None


@model.command(examples=["modelport ml model show -i diabetes:1", "modelport ml model show -n diabetes"])
@flags.text("model_id", "--model-id", "-i", help="Name and version, such as diabetes:1.")
@flags.text("name", "--model-name", "--name", "-n", help="Name; the newest version is shown.")
@flags.whole("version", "--version", help="Version, beside the name.")
@flags.text("run_id", "--run-id", help="Only if it comes from this run.")
@flags.FILTERS
@click.pass_context
def show(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Show a version of a model."""
    from modelport.sdk.model import Model

    found = Model(
        workspace_of(context),
        name=options["name"],
        id=options["model_id"],
        tags=filter_of(options["tags"]),
        properties=filter_of(options["properties"]),
        version=options["version"],
        run_id=options["run_id"],
    )
    return found.serialize()


@model.command(
    "list",
    examples=[
        "modelport ml model list -n diabetes -l -o table",
        "modelport ml model list --tag area=health --query '[0].id' -o tsv",
    ],
)
@flags.text("name", "--model-name", "--name", "-n", help="Only versions of this model.")
@click.option("--latest", "-l", is_flag=True, help="Only the newest version of each.")
@flags.text("run_id", "--run-id", help="Only those of this run.")
@flags.text("dataset_id", "--dataset-id", help="Only those with this data set.")
@flags.FILTERS
@click.pass_context
def list_models(context: click.Context, /, **options: Any) -> list[dict[str, Any]]:
    """List versions of models, the newest first."""
    from modelport.sdk.model import Model

    words: dict[str, Any] = {name: options[name] for name in ("name", "latest", "run_id", "dataset_id")}
    words.update({name: filter_of(options[name]) for name in ("tags", "properties")})
    return [each.serialize() for each in Model.list(workspace_of(context), **words)]


@model.command(examples=["modelport ml model delete -i diabetes:1"])
@_ID
@click.pass_context
def delete(context: click.Context, model_id: str) -> None:
    """Delete a version of a model that no service serves."""
    from modelport.sdk.model import Model

    Model(workspace_of(context), id=model_id).delete()


@model.command(examples=["modelport ml model download -i diabetes:1 -t models --overwrite"])
@_ID
@flags.needed("target_dir", "--target-dir", "-t", help="Folder to copy it into.")
@click.option("--overwrite", is_flag=True, help="Write over what is there.")
@click.pass_context
def download(context: click.Context, model_id: str, target_dir: str, overwrite: bool) -> dict[str, str]:
    """Copy the file or folder of a version."""
    from modelport.sdk.model import Model

    found = Model(workspace_of(context), id=model_id)
    return {"modelId": found.id, "path": found.download(target_dir, exist_ok=overwrite)}


@model.command(examples=["modelport ml model update -i diabetes:1 --add-tag stage=test --remove-tag draft"])
@_ID
@flags.CHANGES
@_SIZES
@flags.DESCRIPTION
@click.pass_context
def update(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Change the tags, the description or the sizes of a version."""
    from modelport.sdk.model import Model

    found = Model(workspace_of(context), id=options["model_id"])
    sizes = _sizes(options)  # before anything is changed
    found.update_tags_properties(
        pairs(options["add_tags"], "--add-tag"),
        options["remove_tags"],
        pairs(options["add_properties"], "--add-property"),
    )
    found.update(description=options["description"], resource_configuration=sizes)
    return found.serialize()


model.add_command(deploy)
model.add_command(package)
model.add_command(profile)
