"""`modelport environment`: what a script needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.doors import DoorGroup, completing, session_of
from modelport.cli.output import Column, moment
from modelport.cli.session import Session
from modelport.errors import UserError

if TYPE_CHECKING:
    from modelport.environments.environment import EnvironmentDefinition
    from modelport.environments.store import RegisteredEnvironment
    from modelport.workspace import OpenWorkspace

_COLUMNS = (Column("name"), Column("version"), Column("packages"), Column("created_at", "Created", moment))


def _names(workspace: OpenWorkspace) -> list[str]:
    return list(workspace.environments.list())


_ENVIRONMENT = click.argument(
    "environment", metavar="[NAME[:VERSION]]", required=False, shell_complete=completing(_names)
)
_FILE = click.option(
    "--file", "-f", "file", type=click.Path(path_type=Path),
    help="Take the environment from a file instead: conda.yml, requirements.txt, pylock.toml or uv.lock.",
)  # fmt: skip


@click.group(
    cls=DoorGroup,
    examples=[
        "modelport environment register --name diabetes-env conda.yml",
        "modelport environment lock diabetes-env",
        "modelport environment install --file requirements.txt",
    ],
)
def environment() -> None:
    """Describe, lock and install what a script needs."""


@environment.command("list", examples=["modelport environment list", "modelport environment list --output json"])
@click.pass_context
def list_environments(context: click.Context) -> None:
    """List the environments: the newest version of each that is registered, then the curated ones."""
    session = session_of(context)
    found = [_summary(each) for each in session.workspace.environments.list().values()]
    session.output.rows(found, _COLUMNS)


@environment.command(examples=["modelport environment show diabetes-env", "modelport environment show diabetes-env:1"])
@click.argument("environment", metavar="NAME[:VERSION]", shell_complete=completing(_names))
@click.pass_context
def show(context: click.Context, environment: str) -> None:
    """Show what an environment asks for, as it was written."""
    session = session_of(context)
    found = find_environment(session.workspace, environment)
    words = {"version": found.version, **found.definition.to_json()}
    if not session.output.as_json:
        for part in ("conda", "pip", "constraints"):
            words[part] = [dependency.text for dependency in getattr(found.definition, part)]
        words = {key: value for key, value in words.items() if value and key != "index"}
    session.output.record(words)


@environment.command(
    examples=[
        "modelport environment register --name diabetes-env conda.yml",
        "modelport environment register --name diabetes-env requirements.txt",
    ]
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", "-n", required=True, help="Name of the environment.")
@click.pass_context
def register(context: click.Context, file: Path, name: str) -> None:
    """Keep the environment that FILE describes: conda.yml, requirements.txt, pylock.toml or uv.lock.

    It becomes a new version only if it differs from the newest one.
    """
    session = session_of(context)
    made = session.workspace.environments.register(_read(session, file, name))
    session.output.done(f"Registered environment {made.name}:{made.version}.", _summary(made))


@environment.command(
    examples=[
        "modelport environment lock diabetes-env > requirements.lock",
        "modelport environment lock --file conda.yml --output json",
    ]
)
@_ENVIRONMENT
@_FILE
@click.pass_context
def lock(context: click.Context, environment: str | None, file: Path | None) -> None:
    """Print the exact packages that an environment consists of; nothing is installed."""
    from modelport.environments.options import options_from
    from modelport.environments.realise import lock_of_definition

    session = session_of(context)
    definition = _definition(session, environment, file)
    with session.output.working(f"Solving environment '{definition.name}' …") as tell:
        made = lock_of_definition(definition, options_from(session.settings), tell)
    if session.output.as_json:
        session.output.record({"digest": made.digest, **made.to_json()})
    else:
        heading = f"# Python {made.python_version} on {made.platform}, digest {made.digest}\n"
        session.output.text(heading + made.to_requirements())


@environment.command(
    examples=["modelport environment install diabetes-env", "modelport environment install --file requirements.txt"]
)
@_ENVIRONMENT
@_FILE
@click.pass_context
def install(context: click.Context, environment: str | None, file: Path | None) -> None:
    """Make an environment ready before a deployment needs it, and print its Python."""
    from modelport.environments.options import options_from
    from modelport.environments.realise import realise

    session = session_of(context)
    definition = _definition(session, environment, file)
    with session.output.working(f"Installing environment '{definition.name}' …") as tell:
        made = realise(definition, options_from(session.settings), tell)
    for line in made.log_lines:
        session.output.note(line)
    words = {"python": str(made.python), "digest": made.lock.digest, "reused": made.reused}
    session.output.done(str(made.python), words)


def find_environment(workspace: OpenWorkspace, words: str) -> RegisteredEnvironment:
    """The environment that NAME or NAME:VERSION names; raises `NotFoundError`."""
    name, _, version = words.partition(":")
    return workspace.environments.get(name, version or None)


def _definition(session: Session, environment: str | None, file: Path | None) -> EnvironmentDefinition:
    if (environment is None) == (file is None):
        raise UserError(
            "environment-needed",
            "Name either a registered environment or a file" + (", not both." if environment else "."),
            "For example: modelport environment lock diabetes-env, or: modelport environment lock --file conda.yml",
        )
    if file is not None:
        return _read(session, file, "from-file")
    return find_environment(session.workspace, environment or "").definition


def _read(session: Session, file: Path, name: str) -> EnvironmentDefinition:
    from modelport.environments.files import read_environment

    return read_environment(name, file, session.settings.environ)


def _summary(found: RegisteredEnvironment) -> dict[str, Any]:
    definition = found.definition
    return {
        "name": found.name,
        "version": found.version,
        "packages": [dependency.text for dependency in (*definition.conda, *definition.pip)],
        "digest": definition.digest,
        "created_at": found.created_at.isoformat() if found.created_at else None,
    }
