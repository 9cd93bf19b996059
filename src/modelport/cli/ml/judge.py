"""Says of a line of `az ml` what is not understood of it: read from the commands themselves."""

from __future__ import annotations

import click

from modelport.cli.ml.door import shared_options
from modelport.cli.ml.root import ml
from modelport.errors import nearest
from modelport.migration.scan import Judgement
from modelport.sdk.absent import REASONS

# Nouns and verbs of the CLI v2, whose services are other ones; scripts of both look alike.
_OF_V2 = (
    "job", "online-endpoint", "online-deployment", "batch-endpoint", "batch-deployment", "component", "data",
    "registry", "schedule", "connection", "feature-set", "feature-store", "compute", "index", "serverless-endpoint",
)  # fmt: skip
_VERBS_OF_V2 = ("create", "archive", "restore", "invoke", "list-jobs")
_OF_TRAINING = ("run", "experiment", "pipeline", "dataset", "datastore", "computeinstance")


def judge(words: list[str]) -> Judgement:
    """What is not covered of the words behind `az ml`, and what to do.

    >>> judge(["model", "list", "-l"]).why, judge(["model", "list", "--latst"]).why
    ('', "az ml model list has no option '--latst'. Did you mean '--latest'?")
    """
    command: click.Command = ml
    path = ["az ml"]
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        if rest[0].startswith("-"):
            return Judgement()  # help, or a variable in place of a verb
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            return _no_command(command, path, rest[0])
        path.append(rest.pop(0))
        command = found
    return _options(command, path, rest)


def _no_command(command: click.Group, path: list[str], word: str) -> Judgement:
    if word == "amlcompute" or (len(path) == 1 and word in _OF_TRAINING):
        return Judgement(REASONS["training"].why, REASONS["training"].instead, is_deployment=False)
    if (len(path) == 1 and word in _OF_V2) or (len(path) == 2 and word in _VERBS_OF_V2):
        why = "It is a command of the CLI v2, which is another program."
        return Judgement(why, "Modelport understands v1: az ml model deploy.", is_deployment=False)
    if not word.replace("-", "").isalpha():
        return Judgement()  # a variable or a placeholder
    near = nearest(word, command.list_commands(click.Context(command)))
    return Judgement(f"There is no command '{' '.join([*path, word])}' here.", near)


def _options(command: click.Command, path: list[str], rest: list[str]) -> Judgement:
    known = {name for each in (*command.params, *shared_options()) for name in each.opts} | {"--help", "-h"}
    for word in rest:
        name = word.partition("=")[0]
        is_option = name.startswith("-") and len(name) > 1 and name.lstrip("-")[:1].isalpha()
        if is_option and name not in known and (name.startswith("--") or name[:2] not in known):
            return Judgement(f"{' '.join(path)} has no option {name!r}. {_near(name, known)}".rstrip(), "Leave it out.")
    return Judgement()


def _near(name: str, known: set[str]) -> str:
    hint = nearest(name, known)
    return hint if hint.startswith("Did") else ""
