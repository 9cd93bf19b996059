"""`modelport ml image`: images of v1's first generation."""

from __future__ import annotations

from typing import Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml.configurations import model_ids
from modelport.cli.ml.door import MlGroup, workspace_of
from modelport.cli.ml.files import write_file
from modelport.cli.ml.labels import filter_of
from modelport.cli.words import pairs

_ID = flags.needed("image_id", "--image-id", "-i", help="Name and version, such as my-image:1.")


@click.group(
    cls=MlGroup,
    examples=[
        "modelport ml image create container -n my-image -f score.py -r python -c conda.yml -m diabetes:1",
        "modelport ml image list -o table",
    ],
)
def image() -> None:
    """Images of the first generation of v1."""


@image.group(
    "create",
    examples=["modelport ml image create container -n my-image -f score.py -r python -c conda.yml -m diabetes:1"],
)
def create() -> None:
    """Build an image."""


@create.command(
    "container",
    examples=["modelport ml image create container -n my-image -f score.py -r python -c conda.yml -m diabetes:1"],
)
@flags.needed("name", "--image-name", "--name", "-n", help="Name of the image.")
@flags.needed("execution_script", "--execution-script", "-f", help="Script with init() and run(data).")
@flags.text("runtime", "--runtime", "-r", help="python.")
@flags.text("conda_file", "--conda-file", "-c", metavar="FILE", help="Environment from a conda file.")
@flags.many("models", "--model-id", "--model", "-m", metavar="NAME:VERSION", help="Model to serve; repeatable.")
@flags.many("model_metadata_files", "--model-metadata-file", metavar="FILE",
            help="File with a modelId, as register writes it; repeatable.")  # fmt: skip
@flags.text("docker_file", "--docker-file", metavar="FILE", help="Further Dockerfile steps.")
@flags.text("schema_file", "--schema-file", "-s", metavar="FILE", help="Description of the interface.")
@flags.many("dependencies", "--dependencies", "-d", metavar="PATH", help="Further file of the script; repeatable.")
@flags.text("base_image", "--base-image", help="Image to build on.")
@flags.TAGS
@flags.text("description", "--description", help="What it is.")
@flags.OUTPUT_METADATA
@flags.NO_WAIT
@click.pass_context
def container(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Build an image of models behind an execution script."""
    from modelport.sdk.image import ContainerImage
    from modelport.sdk.model import Model

    workspace = workspace_of(context)
    names = ("execution_script", "runtime", "conda_file", "docker_file", "schema_file", "base_image", "description")
    given: dict[str, Any] = {name: options[name] for name in names}
    given["tags"], given["properties"] = pairs(options["tags"], "--tag"), pairs(options["properties"], "--property")
    config = ContainerImage.image_configuration(dependencies=list(options["dependencies"]), **given)
    models = [Model(workspace, id=each) for each in model_ids(options)]
    made = ContainerImage.create(workspace, options["name"], models, config)
    if options["output_metadata_file"]:
        write_file(options["output_metadata_file"], {"imageId": made.id, "workspaceName": workspace.name})
    if not options["no_wait"]:
        made.wait_for_creation(show_output=True)
    return made.serialize()


@image.command("list", examples=["modelport ml image list -o table"])
@flags.text("image_name", "--image-name", "--name", "-n", help="Only versions of this image.")
@flags.text("model_name", "--model-name", help="Only those with this model.")
@flags.text("model_id", "--model-id", help="Only those with this version of a model.")
@flags.FILTERS
@click.pass_context
def list_images(context: click.Context, /, **options: Any) -> list[dict[str, Any]]:
    """List versions of images."""
    from modelport.sdk.image import Image

    words: dict[str, Any] = {name: options[name] for name in ("image_name", "model_name", "model_id")}
    words.update({name: filter_of(options[name]) for name in ("tags", "properties")})
    return [each.serialize() for each in Image.list(workspace_of(context), **words)]


@image.command(examples=["modelport ml image show -i my-image:1"])
@_ID
@click.pass_context
def show(context: click.Context, image_id: str) -> dict[str, Any]:
    """Show a version of an image."""
    from modelport.sdk.image import Image

    return Image(workspace_of(context), id=image_id).serialize()


@image.command(examples=["modelport ml image delete -i my-image:1"])
@_ID
@click.pass_context
def delete(context: click.Context, image_id: str) -> None:
    """Delete a version of an image."""
    from modelport.sdk.image import Image

    Image(workspace_of(context), id=image_id).delete()
