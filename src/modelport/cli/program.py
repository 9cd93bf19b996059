"""The root command, and how a run begins and ends."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

import click

import modelport
from modelport.cli.commands import COMMANDS
from modelport.cli.doors import LazyGroup
from modelport.cli.failures import EXIT_CODES, end, reader_left
from modelport.cli.session import Session


class Root(LazyGroup):
    """The command `modelport`."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, then what the exit codes mean."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader of our output that left is no failure of the command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            ctx.exit(reader_left())
        return result


@click.command(
    "modelport",
    cls=Root,
    entries=COMMANDS,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 110},
    examples=[
        "modelport serve score.py --model-dir outputs --reload",
        "modelport model register --name diabetes outputs/model.pkl",
        "modelport deploy diabetes --entry-script score.py --model diabetes:1 --port 8890",
        'modelport service run diabetes --data \'{"data": [[1, 2, 3]]}\'',
        "modelport explain port-in-use",
    ],
)
@click.version_option(modelport.__version__, prog_name="modelport", message="%(prog)s %(version)s")
def root() -> None:
    """Take a trained model and a scoring script to a running web service."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line once and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a log or a name may hold what the terminal cannot show
    session = Session()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = root.main(words, prog_name="modelport", standalone_mode=False, obj=session)
        return result if isinstance(result, int) else 0
    except (Exception, KeyboardInterrupt) as error:
        return end(error, session, words)
