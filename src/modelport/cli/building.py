"""What commands that build images share: the options that say what is in one, and the progress of a build."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.deploy import environment_of, script_of
from modelport.cli.output import Output
from modelport.cli.script_options import script_options, with_options
from modelport.cli.session import Session

if TYPE_CHECKING:
    from modelport.images.build.log import Progress
    from modelport.services.spec import ModelPlacement

_TOLD = frozenset({"cached", "done", "failed", "note"})


_OPTIONS = (
    *script_options("Folder that goes into the image whole; the entry script is then relative to it."),
    click.option("--base-image", "--bi", metavar="IMAGE", help="What the image is built on; default: a slim Python."),
    click.option(
        "--extra-docker-file-steps", "--ds", type=click.Path(path_type=Path), metavar="FILE",
        help="Dockerfile steps that are added to the base.",
    ),
)  # fmt: skip


def image_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what an image is made of; `image build` and `package` have them in common."""
    return with_options(command, _OPTIONS)


def wish_of(session: Session, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options ask for, as fields of `ImageWish`. Raises `UserError` for options that contradict each other."""
    from modelport.environments.source_file import read_text
    from modelport.images.wish import ImageModel, ImageScript
    from modelport.services.resolving import resolve_models, resolve_script

    placed = resolve_models(session.workspace.models, options["models"])
    environment = environment_of(session, options)
    asked = script_of(options)
    if asked is None:
        found, curated = _without_script(session, placed)
        environment = environment or curated
    else:
        found = resolve_script(asked)
    steps = options["extra_docker_file_steps"]
    return {
        "models": tuple(ImageModel(model.name, model.version, model.path) for model in placed),
        "script": ImageScript(found.entry_script, found.source_directory),
        "environment": _on_base(environment, options["base_image"]),
        "steps": read_text(steps, str(steps)) if steps else "",
    }


def _without_script(session: Session, models: tuple[ModelPlacement, ...]) -> tuple[Any, Mapping[str, Any]]:
    return session.workspace.services.without_script(models)


def _on_base(environment: Mapping[str, Any] | None, base_image: str | None) -> Mapping[str, Any]:
    """The environment with the base that was named instead of its own."""
    from modelport.environments.environment import EnvironmentDefinition

    if not base_image:
        return environment or {}
    described = environment or EnvironmentDefinition("environment").to_json()
    return {**described, "container": {"base_image": base_image}}


@contextmanager
def build_progress(output: Output, sentence: str, *, verbose: bool) -> Iterator[Callable[[Progress], None]]:
    """Show a build: a bar on a terminal, plain lines elsewhere; `verbose` shows what the steps print, too."""
    if output.as_json:
        yield lambda _: None
        return
    with output.stepping(sentence) as advance:

        def show(progress: Progress) -> None:
            told = verbose or progress.kind in _TOLD
            advance(progress.step, progress.total, str(progress), told)

        yield show
