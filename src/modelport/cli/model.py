"""`modelport model`: the registered models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.doors import DoorGroup, completing, session_of
from modelport.cli.output import Column, moment
from modelport.cli.script_options import model_ids
from modelport.cli.words import conditions, pairs
from modelport.units import human_size

if TYPE_CHECKING:
    from modelport.registry.model import ModelVersion
    from modelport.workspace import OpenWorkspace

_COLUMNS = (
    Column("name"), Column("version"), Column("framework"), Column("size_bytes", "Size", human_size), Column("tags"),
    Column("created_at", "Created", moment),
)  # fmt: skip
_SHOWN = {"size_bytes": human_size, "created_at": moment}

_TAGS = click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Tag; repeatable.")
_PROPERTIES = click.option(
    "--property", "properties", multiple=True, metavar="KEY=VALUE", help="Property, which never changes; repeatable."
)


_MODEL = click.argument("model", metavar="NAME[:VERSION]", shell_complete=completing(model_ids))


@click.group(
    cls=DoorGroup,
    examples=[
        "modelport model register --name diabetes outputs/model.pkl --tag area=health",
        "modelport model list",
        "modelport model download diabetes:1 --target-dir models",
    ],
)
def model() -> None:
    """Register, find, download and delete models."""


@model.command(
    examples=[
        "modelport model register --name diabetes outputs/model.pkl",
        "modelport model register -n diabetes outputs --child-path model.pkl --child-path labels.json",
        "modelport model register -n diabetes model.pkl --framework ScikitLearn --tag area=health",
    ]
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", "-n", required=True, help="Name of the model; each registration is its next version.")
@click.option("--child-path", "child_paths", multiple=True, help="Of a folder, register only this part; repeatable.")
@click.option("--description", "-d", default="", help="What the model is.")
@click.option("--framework", default="", help="ScikitLearn, Onnx, TensorFlow, PyTorch, Custom …")
@click.option("--framework-version", default="", help="Version of the framework.")
@click.option("--unpack", is_flag=True, help="Register what an archive contains instead of the archive.")
@_TAGS
@_PROPERTIES
@click.pass_context
def register(context: click.Context, /, path: Path, **options: Any) -> None:
    """Register the file or folder PATH as the next version of a model."""
    from modelport.registry.model import Registration

    registration = Registration(
        options["name"], options["description"], options["framework"], options["framework_version"],
        pairs(options["tags"], "--tag"), pairs(options["properties"], "--property"),
    )  # fmt: skip
    session = session_of(context)
    children, unpack = options["child_paths"] or None, options["unpack"]
    workspace = session.workspace

    def total_bytes() -> int | None:
        return None if unpack else _size_of(path, children)

    with session.output.transferring(f"Registering {path.name or path}", total_bytes) as advance:
        workspace.artifacts.on_bytes = advance
        made = workspace.models.register(path, registration, child_paths=children, unpack=unpack)
    session.output.done(f"Registered {made.id} ({human_size(made.size_bytes)}).", made.to_dict())


@model.command(
    "list",
    examples=[
        "modelport model list",
        "modelport model list --name diabetes --output json",
        "modelport model list --latest --tag area=health",
    ],
)
@click.option("--name", "-n", help="Only versions of this model.")
@click.option("--latest", "-l", is_flag=True, help="Only the newest version of each model.")
@click.option("--framework", help="Only models of this framework.")
@click.option("--run-id", "-r", help="Only models of this run.")
@click.option("--tag", "tags", multiple=True, metavar="KEY[=VALUE]", help="Only models with this tag; repeatable.")
@click.option(
    "--property", "properties", multiple=True, metavar="KEY[=VALUE]", help="Only models with this property; repeatable."
)
@click.pass_context
def list_models(context: click.Context, /, tags: tuple[str, ...], properties: tuple[str, ...], **options: Any) -> None:
    """List the registered models, the newest version first."""
    from modelport.registry.model import ModelQuery

    session = session_of(context)
    query = ModelQuery(tags=conditions(tags), properties=conditions(properties), **options)
    found = [each.to_dict() for each in session.workspace.models.find(query)]
    session.output.rows(
        found, _COLUMNS, none="No model is registered that matches. Register one: modelport model register --help"
    )


@model.command(examples=["modelport model show diabetes", "modelport model show diabetes:1 --output json"])
@_MODEL
@click.pass_context
def show(context: click.Context, model: str) -> None:
    """Show one version of a model, the newest if no version is given."""
    session = session_of(context)
    session.output.record(_find(session.workspace, model).to_dict(), _SHOWN)


@model.command(
    examples=[
        "modelport model download diabetes --target-dir models",
        "modelport model download diabetes:1 -t models --overwrite",
    ]
)
@_MODEL
@click.option(
    "--target-dir", "-t", type=click.Path(path_type=Path), default=Path(), help="Folder to copy it into; default: here."
)
@click.option("--overwrite", is_flag=True, help="Replace what is there already.")
@click.pass_context
def download(context: click.Context, model: str, target_dir: Path, overwrite: bool) -> None:
    """Copy the file or folder of a model into a folder."""
    session = session_of(context)
    found = _find(session.workspace, model)
    with session.output.working(f"Downloading {found.id} ({human_size(found.size_bytes)}) …"):
        path = session.workspace.models.download(found, target_dir, exist_ok=overwrite)
    session.output.done(f"Downloaded {found.id} to {path}.", {"id": found.id, "path": str(path)})


@model.command(
    examples=[
        "modelport model update diabetes:1 --tag stage=production --remove-tag draft",
        "modelport model update diabetes --description 'Ridge, alpha 0.5'",
    ]
)
@_MODEL
@click.option("--description", "-d", help="New description.")
@_TAGS
@click.option("--remove-tag", "removed_tags", multiple=True, metavar="KEY", help="Tag to remove; repeatable.")
@_PROPERTIES
@click.pass_context
def update(context: click.Context, /, model: str, **options: Any) -> None:
    """Change the tags and the description of a version; its files and its properties stay."""
    from modelport.registry.model import ModelChange

    change = ModelChange(
        description=options["description"],
        add_tags=pairs(options["tags"], "--tag"),
        remove_tags=options["removed_tags"],
        add_properties=pairs(options["properties"], "--property"),
    )
    session = session_of(context)
    changed = session.workspace.models.update(_find(session.workspace, model), change)
    session.output.done(f"Updated {changed.id}.", changed.to_dict())


@model.command(examples=["modelport model delete diabetes:1"])
@click.argument("model", metavar="NAME:VERSION", shell_complete=completing(model_ids))
@click.pass_context
def delete(context: click.Context, model: str) -> None:
    """Delete one version of a model; refused while a service uses it. Its number is never used again."""
    session = session_of(context)
    found = _find(session.workspace, model)
    session.workspace.models.delete(found)
    session.output.done(f"Deleted {found.id}.", {"id": found.id, "deleted": True})


def _size_of(path: Path, child_paths: tuple[str, ...] | None) -> int:
    from modelport.registry.survey import survey

    files = survey(path, child_paths).files
    return sum(file.location.stat().st_size for file in files if file.location is not None)


def _find(workspace: OpenWorkspace, words: str) -> ModelVersion:
    from modelport.naming import parse_model_id

    return workspace.models.get(*parse_model_id(words))
