"""`modelport service`: the services of the workspace."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.deploy import container_limits_of, environment_of, labels_of, limits_of, script_of, service_options
from modelport.cli.doors import DoorGroup, completing, session_of
from modelport.cli.output import Column, moment
from modelport.cli.words import body

if TYPE_CHECKING:
    from modelport.cli.session import Session
    from modelport.services.manager import ServiceManager
    from modelport.services.request import ServiceChange
    from modelport.services.service import Service
    from modelport.workspace import OpenWorkspace

_COLUMNS = (
    Column("name"), Column("target"), Column("state"), Column("models"), Column("replicas"), Column("revision"),
    Column("scoring_uri", "Address"), Column("updated_at", "Updated", moment),
)  # fmt: skip
_BROKEN = ("failed", "unhealthy")
_SHOWN = {"created_at": moment, "updated_at": moment}


def _service_names(workspace: OpenWorkspace) -> list[str]:
    return workspace.service_names()


_NAME = click.argument("name", shell_complete=completing(_service_names))
_NO_WAIT = click.option("--no-wait", is_flag=True, help="Return when init() is under way, without waiting for its end.")


@click.group(
    cls=DoorGroup,
    examples=[
        "modelport service list",
        'modelport service run diabetes --data \'{"data": [[1, 2]]}\'',
        "modelport service logs diabetes --follow",
    ],
)
def service() -> None:
    """Operate services: run, logs, reload, update, stop …"""


@service.command("list", examples=["modelport service list", "modelport service list --output json"])
@click.option("--model", "-m", metavar="NAME[:VERSION]", help="Only services that serve this model.")
@click.pass_context
def list_services(context: click.Context, model: str | None) -> None:
    """List the services with their states."""
    session = session_of(context)
    found = [each.to_dict() for each in session.workspace.services.list()]
    if model:
        found = [each for each in found if any(model in (id_, id_.partition(":")[0]) for id_ in each["models"])]
    session.output.rows(found, _COLUMNS, none="There is no service. Deploy one: modelport deploy --help")
    for each in found if not session.output.as_json else ():
        if each["state"] in _BROKEN:
            session.output.note(f"{each['name']}: {each['message']}")


@service.command(examples=["modelport service show diabetes", "modelport service show diabetes --output json"])
@_NAME
@click.pass_context
def show(context: click.Context, name: str) -> None:
    """Show a service: its state with the reason, its address, what it serves."""
    session = session_of(context)
    session.output.record(session.workspace.services.get(name).to_dict(), _SHOWN)


@service.command(
    examples=[
        'modelport service run diabetes --data \'{"data": [[1, 2, 3]]}\'',
        "modelport service run diabetes --data @request.json",
        "cat request.json | modelport service run diabetes",
    ]
)
@_NAME
@click.option("--data", metavar="TEXT|@FILE|-", help="What to send; default: standard input.")
@click.pass_context
def run(context: click.Context, name: str, data: str | None) -> None:
    """Send data to the script of a service and print its answer as it is."""
    from modelport.cli.requests import ask

    session = session_of(context)
    reply = ask(session, name, body(data))
    if session.output.as_json and not _is_json(reply.body):
        session.output.text(json.dumps(reply.body.decode("utf-8", "replace")))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(reply.body if reply.body.endswith(b"\n") else reply.body + b"\n")
    sys.stdout.buffer.flush()


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


@service.command(examples=["modelport service logs diabetes --lines 50", "modelport service logs diabetes --follow"])
@_NAME
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--lines", "-l", type=click.IntRange(min=0), default=5000, show_default=True, help="Last lines to print.")
@click.pass_context
def logs(context: click.Context, name: str, follow: bool, lines: int) -> None:
    """Print the log of a service: the lines of its script with their request ids, and its steps.

    With --output json every line is a JSON text of its own.
    """
    from modelport.services.target import LogRequest

    session = session_of(context)
    for line in session.workspace.services.logs(name, LogRequest(lines, follow)):
        session.output.text(json.dumps(line) if session.output.as_json else line)


@service.command(examples=["modelport service reload diabetes"])
@_NAME
@_NO_WAIT
@click.pass_context
def reload(context: click.Context, name: str, no_wait: bool) -> None:
    """Load the script of a service anew, from where it was deployed from; no request is lost."""
    _operate(session_of(context), (name, "Reloading", "reloaded"), ServiceVerbs.reload, wait=not no_wait)


@service.command(
    examples=[
        "modelport service update diabetes --model diabetes:2",
        "modelport service update diabetes --replicas 4 --scoring-timeout-ms 5000",
    ]
)
@_NAME
@service_options
@click.pass_context
def update(context: click.Context, /, name: str, **options: Any) -> None:
    """Change what a service serves or how; what is not named stays, and no request is lost.

    The old revision serves until the new one is ready, and stays if it does not become ready.
    """
    session = session_of(context)
    change = change_of(session, options)

    def apply(manager: ServiceManager, name: str, report: Any) -> Service:
        return manager.update(name, change, report=report)

    _operate(session, (name, "Updating", "updated"), apply, wait=not options["no_wait"])


def change_of(session: Session, options: dict[str, Any]) -> ServiceChange:
    """What the options ask to be changed."""
    from modelport.services.request import ServiceChange

    listen: dict[str, Any] = {} if options["port"] is None else {"port": options["port"]}
    if options["cors_origins"]:
        listen["cors_origins"] = options["cors_origins"]
    return ServiceChange(
        models=options["models"] or None,
        script=script_of(options),
        environment=environment_of(session, options),
        limits=limits_of(options),
        listen=listen,
        container=container_limits_of(options),
        auth_enabled=options["auth"],
        debug=options["debug"],
        labels=labels_of(options),
    )


@service.command(examples=["modelport service start diabetes"])
@_NAME
@_NO_WAIT
@click.pass_context
def start(context: click.Context, name: str, no_wait: bool) -> None:
    """Bring back a service that was stopped, was killed, or ended with the machine."""
    _operate(session_of(context), (name, "Starting", "started"), ServiceVerbs.start, wait=not no_wait)


@service.command(examples=["modelport service stop diabetes"])
@_NAME
@click.pass_context
def stop(context: click.Context, name: str) -> None:
    """Answer what is in flight, then end a service; it stays and can be started again."""
    _operate(session_of(context), (name, "Stopping", "stopped"), ServiceVerbs.stop, wait=False)


@service.command(examples=["modelport service delete diabetes"])
@_NAME
@click.pass_context
def delete(context: click.Context, name: str) -> None:
    """End a service and remove its files."""
    from modelport.cli.steps import showing

    session = session_of(context)
    with showing(session.output, f"Deleting service '{name}'") as steps:
        session.workspace.services.delete(name, report=steps)
    session.output.done(f"Deleted service '{name}'.", {"name": name, "deleted": True})


@service.command(
    examples=["modelport service keys diabetes", "modelport service keys diabetes --regenerate secondary"]
)
@_NAME
@click.option("--regenerate", type=click.Choice(["primary", "secondary"]), help="Make this key anew first.")
@click.pass_context
def keys(context: click.Context, name: str, regenerate: str | None) -> None:
    """Print the keys that callers of a service need; they are secrets."""
    session = session_of(context)
    manager = session.workspace.services
    primary, secondary = manager.regenerate_key(name, regenerate) if regenerate else manager.keys(name)
    session.output.record({"primary": primary, "secondary": secondary})


class ServiceVerbs:
    """The verbs of the manager in one shape: manager, name, report."""

    @staticmethod
    def reload(manager: ServiceManager, name: str, report: Any) -> Service:
        """Load the script anew."""
        return manager.reload(name, report=report)

    @staticmethod
    def start(manager: ServiceManager, name: str, report: Any) -> Service:
        """Bring it back."""
        return manager.start(name, report=report)

    @staticmethod
    def stop(manager: ServiceManager, name: str, report: Any) -> Service:
        """End it, but keep it."""
        return manager.stop(name, report=report)


Verb = Callable[["ServiceManager", str, Any], "Service"]


def _operate(session: Session, words: tuple[str, str, str], verb: Verb, *, wait: bool) -> None:
    """Run one operation on a service, showing its steps; `words` are the name, "Updating" and "updated"."""
    from modelport.cli.steps import finished, see_through, showing

    name, doing, done = words
    started = time.monotonic()
    manager = session.workspace.services
    with showing(session.output, f"{doing} service '{name}'") as steps:
        found = verb(manager, name, steps)
        if wait:
            found = see_through(manager, name, steps)
    finished(session.output, found, done, started)
