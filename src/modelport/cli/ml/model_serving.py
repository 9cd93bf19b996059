"""`modelport ml model deploy`, `package` and `profile`: what is made of models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml.configurations import deployment_config_of, inference_config_of, model_ids, target_of
from modelport.cli.ml.door import MlDoor, warn, workspace_of
from modelport.cli.ml.files import write_file
from modelport.cli.ml.labels import labels_of


@click.command(
    cls=MlDoor,
    examples=[
        "modelport ml model deploy -n my-service -m diabetes:1 --ic inferenceconfig.json --dc deploymentconfig.json",
        "modelport ml model deploy -n my-service -f model.json --es score.py --cf conda.yml --cp local --po 8890",
    ]
)
@flags.SERVICE_NAME
@flags.MODELS
@flags.INFERENCE
@flags.text("deploy_config_file", "--deploy-config-file", "--dc", metavar="FILE",
            help="JSON or YAML: computeType and its settings; flags go before it.")  # fmt: skip
@flags.text("compute_type", "--compute-type", "--cp", help="local, aci, aks or aksendpoint, without --dc.")
@flags.text("compute_target", "--compute-target", "--ct", help="Name of the cluster to deploy to.")
@click.option("--overwrite", is_flag=True, help="Replace the service of that name.")
@flags.SERVING
@flags.VERSION
@flags.text("profile_input", "--profile-input", "--pi", metavar="FILE", help="Without effect.")
@flags.TAGS
@flags.DESCRIPTION
@flags.NO_WAIT
@click.pass_context
def deploy(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Deploy models behind an entry script as a service."""
    from modelport.sdk.model import Model

    workspace = workspace_of(context)
    if options["profile_input"]:
        warn("--profile-input has no effect: nothing is measured while a service is deployed.")
    service = Model.deploy(
        workspace,
        options["name"],
        model_ids(options),
        inference_config_of(workspace, options),
        deployment_config_of(options, labels_of(options)),
        target_of(workspace, options),
        options["overwrite"],
    )
    if not options["no_wait"]:
        service.wait_for_deployment(show_output=True)
    return service.serialize()


@click.command(
    cls=MlDoor,
    examples=[
        "modelport ml model package -m diabetes:1 --ic inferenceconfig.json --in diabetes --query location -o tsv",
        "modelport ml model package -m diabetes:1 --es score.py --cf conda.yml --output-path context",
    ]
)
@flags.MODELS
@flags.INFERENCE
@flags.text("image_name", "--image-name", "--in", help="Name of the image; default: package.")
@flags.text("image_label", "--image-label", "--il", help="Its tag; default: the time.")
@flags.text("output_path", "--output-path", metavar="FOLDER", help="Write the Dockerfile and its context there.")
@flags.NO_WAIT
@click.pass_context
def package(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Build an image of models behind an entry script that runs alone, or write its Dockerfile."""
    from modelport.sdk.model import Model

    workspace = workspace_of(context)
    target = options["output_path"]
    made = Model.package(
        workspace,
        model_ids(options),
        inference_config_of(workspace, options),
        target is not None,
        options["image_name"],
        options["image_label"],
    )
    if not options["no_wait"] or target is not None:
        made.wait_for_creation(show_output=True)
    if target is not None:
        made.save(target)
        return {**made.serialize(), "path": str(Path(target).absolute())}
    return made.serialize()


@click.command(
    cls=MlDoor,
    examples=[
        "modelport ml model profile -n first -m diabetes:1 --ic inferenceconfig.json --idi requests.jsonl",
        "modelport ml model profile -n first -m diabetes:1 --es score.py --cf conda.yml -d '{\"data\": [[1, 2, 3]]}'",
    ]
)
@flags.needed("name", "--name", "-n", help="Name of the profile.")
@flags.MODELS
@flags.INFERENCE
@flags.text("input_dataset", "--input-dataset-id", "--idi", metavar="FILE",
            help="File of requests, as text or one in each line (.jsonl).")  # fmt: skip
@flags.text("input_data", "--input-data", "-d", help="One request, as it stands.")
@flags.number("cpu", "--cpu-cores", "--cc", help="Cores to compare the recommendation with.")
@flags.number("memory_in_gb", "--memory-gb", "--gb", help="Memory to compare it with, in GB.")
@flags.text("description", "--description", help="What it is.")
@flags.OUTPUT_METADATA
@click.pass_context
def profile(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Run a service on this machine under load, and say which cores and memory it needs."""
    from modelport.sdk.model import Model

    workspace = workspace_of(context)
    words = {name: options[name] for name in ("input_data", "cpu", "memory_in_gb", "description")}
    words["input_dataset"] = _file_of_requests(options)
    script = inference_config_of(workspace, options)
    made = Model.profile(workspace, options["name"], model_ids(options), script, **words)  # type: ignore[arg-type]
    details: dict[str, Any] = made.get_details()
    if options["output_metadata_file"]:
        write_file(options["output_metadata_file"], {"name": made.name, "workspaceName": workspace.name})
    return details


def _file_of_requests(options: dict[str, Any]) -> Path | None:
    if options["input_dataset"] and options["input_data"]:
        raise click.UsageError("The requests are given twice, by --input-dataset-id and by --input-data.")
    return Path(options["input_dataset"]) if options["input_dataset"] else None
