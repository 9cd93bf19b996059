"""Help: complete, with examples, and so cheap that it imports nothing but click and the table of commands."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import click
import pytest

from modelport.cli.commands import COMMANDS
from modelport.cli.program import root


def commands(command=root, path="modelport"):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), f"{path} {name}")


EVERY_COMMAND = dict(commands())


@pytest.mark.parametrize("path", EVERY_COMMAND)
def test_help_ends_with_examples_that_begin_with_the_program(path, cli):
    shown = cli(*path.split()[1:], "--help")
    assert shown.exit_code == 0
    examples = shown.stdout.partition("\nExamples:\n")[2].split("\n\n")[0].splitlines()
    assert examples and all("modelport " in line for line in examples)


@pytest.mark.parametrize("path", EVERY_COMMAND)
def test_every_option_says_what_it_does(path):
    options = [parameter for parameter in EVERY_COMMAND[path].params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("path", EVERY_COMMAND)
def test_every_command_takes_the_options_of_every_command(path):
    options = {name for parameter in EVERY_COMMAND[path].params for name in parameter.opts}
    assert {"--workspace", "-w", "--output", "-o", "--verbose"} <= options


@pytest.mark.parametrize("path", EVERY_COMMAND)
def test_every_example_parses(path):
    import shlex

    for example in EVERY_COMMAND[path].examples:
        words = shlex.split(example.rpartition("| ")[2].partition(" <")[0].partition(" >")[0])[1:]
        command, context = root, click.Context(root)
        while isinstance(command, click.Group):
            command = command.get_command(context, words.pop(0))
        command.make_parser(context).parse_args(list(words))


def test_line_in_the_table_is_the_first_sentence_of_the_command_or_shorter():
    assert all(entry.help and len(entry.help) < 70 for entry in COMMANDS.values())


def test_table_names_what_exists():
    context = click.Context(root)
    assert all(isinstance(root.get_command(context, name), click.Command) for name in COMMANDS)


def test_help_imports_click_and_the_standard_library_alone(program):
    code = "import sys; before = set(sys.modules); import modelport.cli; modelport.cli.main(['--help']); " \
           "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tops = {name.split(".")[0] for name in done.stderr.split()}
    assert {name for name in tops if name not in sys.stdlib_module_names} == {"click", "modelport"}
    ours = {name for name in done.stderr.split() if name.startswith("modelport.")}
    cli_modules = {f"modelport.cli.{name}" for name in ("commands", "doors", "failures", "program", "session")}
    assert ours == {"modelport.cli", "modelport.errors", "modelport.v1_errors", *cli_modules}


def test_reference_page_is_what_the_commands_say():
    from pathlib import Path

    path = Path(__file__).resolve().parents[2] / "docs" / "generate_cli_reference.py"
    spec = importlib.util.spec_from_file_location("generate_cli_reference", path)
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.TARGET.read_text() == generator.reference(), "run: python docs/generate_cli_reference.py"
    assert generator.ML_TARGET.read_text() == generator.ml_reference(), "run: python docs/generate_cli_reference.py"


def test_version(cli):
    assert cli("--version").stdout.startswith("modelport 0.")
