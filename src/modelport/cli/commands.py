"""The table of commands: name, where it is, and the line that help shows, so that help imports none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One command: the module and the name in it, imported when the command is used; the section and line of help."""

    module: str
    attribute: str
    section: str
    help: str


_WORK = "From a model to a service"
_SIZE = "How many"
_KEEP = "What is kept"
_TROUBLE = "When something is wrong"

COMMANDS: dict[str, Entry] = {
    "model": Entry("modelport.cli.model", "model", _WORK, "Register, find, download and delete models."),
    "environment": Entry(
        "modelport.cli.environment", "environment", _WORK, "Describe, lock and install what a script needs."
    ),
    "deploy": Entry("modelport.cli.deploy", "deploy", _WORK, "Bring models and a scoring script up as a web service."),
    "service": Entry("modelport.cli.service", "service", _WORK, "Operate services: run, logs, reload, update, stop …"),
    "serve": Entry("modelport.cli.serve", "serve", _WORK, "Serve one script in the foreground, without a workspace."),
    "run-v1": Entry("modelport.cli.run_v1", "run_v1", _WORK, "Run a program of the Azure ML SDK v1, unchanged."),
    "ml": Entry("modelport.cli.ml.root", "ml", _WORK, "Understand the commands of az ml: their flags and files."),
    "migrate": Entry("modelport.cli.migrate", "migrate", _WORK, "Bring programs of the Azure ML SDK v1 over."),
    "package": Entry("modelport.cli.package", "package", _WORK, "Build an image that runs alone, or its Dockerfile."),
    "image": Entry("modelport.cli.image", "image", _WORK, "Build, show, push, pull and delete images."),
    "plan": Entry("modelport.cli.plan", "plan", _SIZE, "Say how many replicas a load needs, and why."),
    "simulate": Entry("modelport.cli.simulate", "simulate", _SIZE, "Play a load against a scaling rule, in seconds."),
    "workspace": Entry("modelport.cli.workspace", "workspace", _KEEP, "Create, show and delete workspaces; secrets."),
    "fsck": Entry("modelport.cli.fsck", "fsck", _KEEP, "Check every stored file against the catalogue."),
    "doctor": Entry("modelport.cli.doctor", "doctor", _TROUBLE, "Say what is wrong, why, and what to do."),
    "explain": Entry("modelport.cli.explain", "explain", _TROUBLE, "Explain an error code: why, and what to do."),
    "completion": Entry("modelport.cli.completion", "completion", _TROUBLE, "Print the script for shell completion."),
}
