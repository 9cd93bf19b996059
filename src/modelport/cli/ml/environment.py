"""`modelport ml environment`: describe and register environments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml.door import MlGroup, workspace_of

if TYPE_CHECKING:
    from modelport.sdk.environment import Environment

_NAME = flags.needed("name", "--name", "-n", help="Name of the environment.")
_VERSION = flags.text("version", "--version", "--environment-version", help="Its version; default: the newest.")
_FOLDER = flags.needed("directory", "--directory", "-d", help="Folder of its files.")


@click.group(
    cls=MlGroup,
    examples=[
        "modelport ml environment scaffold -n diabetes-env -d environment",
        "modelport ml environment register -d environment",
    ],
)
def environment() -> None:
    """Describe and register environments."""


@environment.command(examples=["modelport ml environment scaffold -n diabetes-env -d environment"])
@_NAME
@_FOLDER
@click.pass_context
def scaffold(_: click.Context, name: str, directory: str) -> dict[str, str]:
    """Write the files of a new environment into a folder, to be edited and registered."""
    from modelport.sdk.conda_dependencies import CondaDependencies
    from modelport.sdk.environment import Environment

    made = Environment(name)
    made.python.conda_dependencies = CondaDependencies.create()
    made.save_to_directory(directory)
    return {"name": name, "directory": str(Path(directory).absolute())}


@environment.command(examples=["modelport ml environment register -d environment"])
@_FOLDER
@click.pass_context
def register(context: click.Context, directory: str) -> dict[str, Any]:
    """Keep the environment of a folder: a new version only if it differs from the newest one."""
    from modelport.sdk.environment import Environment

    return _words(Environment.load_from_directory(directory).register(workspace_of(context)))


@environment.command(
    "list", examples=["modelport ml environment list -o table", "modelport ml environment list --query '[].name'"]
)
@click.pass_context
def list_environments(context: click.Context) -> list[dict[str, Any]]:
    """List the newest version of every environment; the curated ones come last."""
    from modelport.sdk.environment import Environment

    found = Environment.list(workspace_of(context)).values()
    return [{"name": each.name, "version": each.version} for each in found]


@environment.command(examples=["modelport ml environment show -n diabetes-env"])
@_NAME
@_VERSION
@click.pass_context
def show(context: click.Context, name: str, version: str | None) -> dict[str, Any]:
    """Show an environment: its packages, its variables, what its image is built on."""
    from modelport.sdk.environment import Environment

    return _words(Environment.get(workspace_of(context), name, version))


@environment.command(examples=["modelport ml environment download -n diabetes-env -d environment"])
@_NAME
@_VERSION
@_FOLDER
@click.option("--overwrite", is_flag=True, help="Write over what is there.")
@click.pass_context
def download(context: click.Context, /, **options: Any) -> dict[str, str]:
    """Write the files of an environment into a folder."""
    from modelport.sdk.environment import Environment

    found = Environment.get(workspace_of(context), options["name"], options["version"])
    found.save_to_directory(options["directory"], overwrite=options["overwrite"])
    return {"name": found.name, "directory": str(Path(options["directory"]).absolute())}


def _words(found: Environment) -> dict[str, Any]:
    """The environment as `azureml_environment.json` has it, its conda file inline."""
    import tempfile

    import yaml

    from modelport.sdk.environment_folder import CONDA_FILE, JSON_FILE

    with tempfile.TemporaryDirectory() as folder:
        found.save_to_directory(folder, overwrite=True)
        words: dict[str, Any] = json.loads((Path(folder) / JSON_FILE).read_text(encoding="utf-8"))
        conda = Path(folder) / CONDA_FILE
        if conda.is_file():
            words["python"]["condaDependencies"] = yaml.safe_load(conda.read_text(encoding="utf-8"))
        if words["docker"].get("baseDockerfile"):
            words["docker"]["baseDockerfile"] = found.docker.base_dockerfile
    return words
