"""`modelport migrate install`, `uninstall` and `status`: whether this environment answers `import azureml…`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from modelport.cli.doors import Door, session_of

if TYPE_CHECKING:
    from modelport.migration.install import Installation


@click.command(cls=Door, examples=["modelport migrate install"])
@click.pass_context
def install(context: click.Context) -> None:
    """Let every Python program of this environment find Modelport behind `import azureml…`.

    For an environment without azureml-core; one that is installed later comes first again. Doing it twice is the same
    as once. A single program needs none of this: modelport run-v1 SCRIPT.
    """
    from modelport.migration import install as steps

    _tell(context, steps.install())


@click.command(cls=Door, examples=["modelport migrate uninstall"])
@click.pass_context
def uninstall(context: click.Context) -> None:
    """Take away what `modelport migrate install` did; do it before Modelport itself is uninstalled."""
    from modelport.migration import install as steps

    _tell(context, steps.uninstall())


@click.command(cls=Door, examples=["modelport migrate status"])
@click.pass_context
def status(context: click.Context) -> None:
    """Show what `import azureml.core` leads to in this environment."""
    from modelport.migration import install as steps

    _tell(context, steps.installation())


def _tell(context: click.Context, found: Installation) -> None:
    session_of(context).output.done(sentence_of(found), found.to_dict())


def sentence_of(found: Installation) -> str:
    """What a program of this environment finds when it imports azureml."""
    if found.real_version:
        return f"Programs find azureml-core {found.real_version}; with `modelport run-v1 SCRIPT` they find Modelport."
    if found.is_installed:
        return f"Programs of this environment find Modelport behind `import azureml…` ({found.file})."
    return "Programs find Modelport with `modelport run-v1 SCRIPT` alone; for all of them: modelport migrate install"
