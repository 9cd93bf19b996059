"""`modelport package`: models and a script become an image that runs with plain `docker run`."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import click

from modelport.cli.building import build_progress, image_options, wish_of
from modelport.cli.doors import Door, session_of
from modelport.units import human_size


@click.command(
    cls=Door,
    examples=[
        "modelport package --entry-script score.py --model diabetes:1 --conda-file conda.yml",
        "modelport package -e score.py -m diabetes:1 --requirements requirements.txt --image-name team/diabetes",
        "modelport package -e score.py -m diabetes:1 --output-path context",
    ],
)
@image_options
@click.option("--image-name", "--in", default="package", help="Name of the image; default: package.")
@click.option("--image-label", "--il", help="Its tag; default: the time.")
@click.option(
    "--output-path", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Write the Dockerfile and its context there instead of building an image.",
)  # fmt: skip
@click.pass_context
def package(context: click.Context, /, **options: Any) -> None:
    """Build an image of models behind a scoring script: docker run --rm -p 8000:5001 IMAGE answers.

    Without --entry-script a scikit-learn or ONNX model is served by a script that Modelport brings. Ctrl-C ends the
    build; what it had made stays in the engine's cache.
    """
    from modelport.images.wish import ImageLabels, ImageWish

    session = session_of(context)
    label = options["image_label"] or datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d%H%M%S")
    name, target = f"{options['image_name']}:{label}", options["output_path"]
    details = {"generate_dockerfile": target is not None, "package": name}
    wish = ImageWish(
        options["image_name"], "package", reference="" if target else name, context_only=target is not None,
        labels=ImageLabels(details=details), **wish_of(session, options),
    )  # fmt: skip
    images = session.workspace.images
    sentence = f"Packaging {'a Dockerfile' if target else name}"
    with build_progress(session.output, sentence, verbose=session.verbose) as report:
        record = images.build(wish, report)
    words = {**record.to_dict(), "package": name}
    if target is not None:
        folder = images.save_context(record, target)
        session.output.done(f"The Dockerfile and its context are in {folder}.", {**words, "folder": str(folder)})
        return
    session.output.done(
        f"Built {name} ({human_size(record.size_bytes)}). Run it: docker run --rm -p 8000:5001 {name}", words
    )
