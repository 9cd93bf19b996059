"""`modelport ml`: the nouns of `az ml`."""

from __future__ import annotations

import click

from modelport.cli.ml.commands import NOUNS
from modelport.cli.ml.door import MlRoot


@click.command(
    cls=MlRoot,
    entries=NOUNS,
    examples=[
        "modelport ml model register -n diabetes -p outputs/model.pkl -t model.json",
        "modelport ml model deploy -n my-service -f model.json --ic inferenceconfig.json --dc deploymentconfig.json",
        "modelport ml service run -n my-service -d '{\"data\": [[1, 2, 3]]}'",
        "modelport ml model list -l --query '[].id' -o tsv",
    ],
)
def ml() -> None:
    """Understand `az ml` of the Azure ML CLI v1: the same flags and files, and services on this machine.

    Answers are JSON unless -o says otherwise; what is printed on the way goes to standard error. In a shell, alias
    az=modelport makes lines that begin with az ml work as they stand; modelport run-v1 runs a whole script.
    """
