"""`modelport image`: the images of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.building import build_progress, image_options, wish_of
from modelport.cli.doors import DoorGroup, completing, session_of
from modelport.cli.output import Column, moment
from modelport.cli.words import conditions, pairs
from modelport.units import human_size

if TYPE_CHECKING:
    from modelport.images.record import ImageRecord
    from modelport.workspace import OpenWorkspace

_COLUMNS = (
    Column("name"), Column("version"), Column("kind"), Column("state"), Column("size_bytes", "Size", human_size),
    Column("models"), Column("tags"), Column("created_at", "Created", moment),
)  # fmt: skip
_SHOWN = {"size_bytes": human_size, "created_at": moment, "ended_at": moment}


def _names(workspace: OpenWorkspace) -> list[str]:
    return [each.full_name for each in workspace.images.list()]


_IMAGE = click.argument("image", metavar="NAME[:VERSION]", shell_complete=completing(_names))


@click.group(
    cls=DoorGroup,
    examples=[
        "modelport image build churn --entry-script score.py --model churn:1 --conda-file conda.yml",
        "modelport image show churn",
        "modelport image push churn --registry registry.example:5000",
    ],
)
def image() -> None:
    """Build, show, push, pull and delete images."""


@image.command(
    examples=[
        "modelport image build churn -e score.py -m churn:1 --conda-file conda.yml",
        "modelport image build churn -e score.py --base-image python:3.11-slim-bookworm --tag stage=test",
    ]
)
@click.argument("name")
@image_options
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Tag; repeatable.")
@click.option("--description", "-d", default="", help="What the image is.")
@click.pass_context
def build(context: click.Context, /, name: str, **options: Any) -> None:
    """Build the next version of the image NAME; equal inputs give the image that is there already."""
    from modelport.images.wish import ImageLabels, ImageWish

    session = session_of(context)
    labels = ImageLabels(pairs(options["tags"], "--tag"), description=options["description"])
    wish = ImageWish(name, labels=labels, **wish_of(session, options))
    with build_progress(session.output, f"Building image '{name}'", verbose=session.verbose) as report:
        record = session.workspace.images.build(wish, report)
    seconds = f" in {record.seconds:.1f} s" if record.seconds is not None else ""
    session.output.done(f"Built {record.reference} ({human_size(record.size_bytes)}){seconds}.", record.to_dict())


@image.command("list", examples=["modelport image list", "modelport image list --model churn:1 --output json"])
@click.option("--name", "-n", help="Only versions of this image.")
@click.option("--kind", type=click.Choice(["image", "package", "environment", "service"]), help="Only of this kind.")
@click.option("--model", "model_id", metavar="NAME:VERSION", help="Only images with this model.")
@click.option("--tag", "tags", multiple=True, metavar="KEY[=VALUE]", help="Only images with this tag; repeatable.")
@click.pass_context
def list_images(context: click.Context, /, tags: tuple[str, ...], **options: Any) -> None:
    """List the images, the newest version first."""
    from modelport.images.record import ImageQuery

    session = session_of(context)
    found = session.workspace.images.list(ImageQuery(tags=conditions(tags), **options))
    session.output.rows(
        [each.to_dict() for each in found], _COLUMNS,
        none="There is no image that matches. Build one: modelport image build --help",
    )  # fmt: skip


@image.command(examples=["modelport image show churn", "modelport image show churn:2 --output json"])
@_IMAGE
@click.pass_context
def show(context: click.Context, image: str) -> None:
    """Show an image: what it is, what each of its layers weighs, and its five largest packages."""
    from dataclasses import asdict

    from modelport.images.contents.layers import describe

    session = session_of(context)
    images = session.workspace.images
    found = _find(session.workspace, image)
    if not found.image_id:
        session.output.record({**found.to_dict(), "cost": None}, _SHOWN)
        return
    with session.output.working(f"Looking into {found.reference} …"):
        cost = images.cost(found)
    if session.output.as_json:
        session.output.record({**found.to_dict(), "cost": {**asdict(cost), "total_bytes": cost.total_bytes}})
        return
    session.output.record(found.to_dict(), _SHOWN)
    session.output.text(f"\n{describe(cost)}")


@image.command(examples=["modelport image logs churn", "modelport image logs churn:2 --follow"])
@_IMAGE
@click.option("--follow", "-f", is_flag=True, help="Go on until the build has ended.")
@click.pass_context
def logs(context: click.Context, image: str, follow: bool) -> None:
    """Print the log of a build, also of one that failed."""
    session = session_of(context)
    images = session.workspace.images
    found = _find(session.workspace, image)
    if not follow:
        session.output.text(images.log(found).decode(errors="replace"))
        return
    for line in images.follow(found):
        session.output.text(line)


@image.command(
    examples=[
        "modelport image push churn --registry registry.example:5000",
        "modelport image push churn:2 --to registry.example:5000/team/churn:2",
    ]
)
@_IMAGE
@click.option("--registry", metavar="ADDRESS", help="Registry to push to; default: that of the workspace.")
@click.option("--to", "target", metavar="REFERENCE", help="Full name: registry, repository and tag.")
@click.pass_context
def push(context: click.Context, image: str, registry: str | None, target: str | None) -> None:
    """Push an image to a registry, logged in as Docker's credential store says; only missing layers are sent."""
    session = session_of(context)
    images = session.workspace.images
    found = _find(session.workspace, image)
    goal = target or registry or session.workspace.default_registry()
    with session.output.working(f"Pushing {found.reference} …") as working:
        done = images.push(found, goal, working)
    words = {**images.store.again(found).to_dict(), "sent_bytes": done.sent_bytes, "present_bytes": done.present_bytes}
    session.output.done(f"Pushed {found.full_name} to {done.location}. {done.summary}", words)


@image.command(
    examples=[
        "modelport image pull churn",
        "modelport image pull churn:2",
        "modelport image pull registry.example:5000/team/churn:2",
    ]
)
@click.argument("image", metavar="NAME[:VERSION]|REFERENCE", shell_complete=completing(_names))
@click.pass_context
def pull(context: click.Context, image: str) -> None:
    """Bring an image that was pushed back to the engine, by its digest.

    A REFERENCE (registry, repository, tag or digest) may be an image that another workspace pushed: it is recorded
    here as the next version of the name that it bears.
    """
    session = session_of(context)
    images = session.workspace.images
    found = None if "/" in image else _find(session.workspace, image)
    source = image if found is None else found.location or found.reference
    with session.output.working(f"Pulling {source} …") as working:
        record = images.adopt(image, working) if found is None else images.pull(found, working)
    name = record.reference if found else f"{record.full_name} ({record.reference})"
    session.output.done(f"{name} is in the engine ({human_size(record.size_bytes)}).", record.to_dict())


@image.command(examples=["modelport image delete churn:1"])
@_IMAGE
@click.pass_context
def delete(context: click.Context, image: str) -> None:
    """Delete an image with its log; refused while a service runs it."""
    session = session_of(context)
    found = _find(session.workspace, image)
    session.workspace.images.delete(found)
    session.output.done(f"Deleted {found.full_name}.", {"id": found.full_name, "deleted": True})


@image.command(examples=["modelport image prune", "modelport image prune --all --yes"])
@click.option("--all", "every_kind", is_flag=True, help="Also images that were made by hand, which no service runs.")
@click.option("--yes", "-y", is_flag=True, help="Delete them; without it they are only listed.")
@click.pass_context
def prune(context: click.Context, every_kind: bool, yes: bool) -> None:
    """List the images that were made for services of this workspace and that none runs; delete them with --yes.

    The engine keeps what builds have in common in a cache of its own: docker builder prune.
    """
    session = session_of(context)
    images = session.workspace.images
    found = images.unused(every_kind=every_kind)
    if yes:
        found = images.prune(found)
    rows = [{**each.to_dict(), "deleted": yes} for each in found]
    session.output.rows(rows, _COLUMNS, none="There is no image that no service runs.")
    if found:
        noun = "1 image" if len(found) == 1 else f"{len(found)} images"
        again = f"modelport image prune{' --all' if every_kind else ''} --yes"
        session.output.note(f"Deleted {noun}." if yes else f"Nothing is deleted yet. To delete {noun}: {again}")


@image.command(
    examples=["modelport image sbom churn > sbom.cdx.json", "modelport image sbom churn --file sbom.cdx.json --attach"]
)
@_IMAGE
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="Write it there; default: print it.")
@click.option("--attach", is_flag=True, help="Attach it to the image in the registry that it was pushed to.")
@click.pass_context
def sbom(context: click.Context, image: str, file: Path | None, attach: bool) -> None:
    """Tell what an image consists of, as a bill of materials (CycloneDX, JSON)."""
    session = session_of(context)
    images = session.workspace.images
    found = _find(session.workspace, image)
    with session.output.working(f"Looking into {found.reference} …"):
        bill = images.bill(found)
    if attach:
        digest = images.attach_bill(found, bill)
        session.output.note(f"Attached to {images.store.again(found).location} as {digest}.")
    if file is None:
        session.output.text(bill.decode())
        return
    file.write_bytes(bill)
    session.output.done(f"Wrote {file}.", {"id": found.full_name, "file": str(file)})


def _find(workspace: OpenWorkspace, words: str) -> ImageRecord:
    """The image that NAME or NAME:VERSION names; raises `NotFoundError` (`image-not-found`)."""
    from modelport.errors import UserError

    name, colon, version = words.rpartition(":")
    if not colon:
        return workspace.images.get(words)
    if not (version.isascii() and version.isdigit()):
        raise UserError(
            "version-invalid",
            f"The version in '{words}' is not valid: {version!r} is not a whole number from 1 on.",
            f"Write NAME:VERSION, for example '{name}:1', or leave the version out for the newest.",
        )
    return workspace.images.get(name, int(version))
