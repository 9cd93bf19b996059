"""`modelport completion`: the script that makes a shell complete commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from modelport.cli.doors import Door

_SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_MODELPORT_COMPLETE"


@click.command(
    cls=Door,
    examples=[
        "modelport completion bash >> ~/.bashrc",
        "modelport completion zsh >> ~/.zshrc",
        "modelport completion fish > ~/.config/fish/completions/modelport.fish",
    ],
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL; the examples install it, a new shell then completes.

    Commands, options, and the names of models, environments and services are completed.
    """
    kind = get_completion_class(shell)
    root = context.find_root()
    if kind is None:
        context.fail(f"This version of click has no completion for {shell}.")
    # The method of the base class: bash's own first starts a bash to see how old it is.
    click.echo(ShellComplete.source(kind(root.command, {}, root.info_name or "modelport", _VARIABLE)))
