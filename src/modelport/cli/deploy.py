"""`modelport deploy`: models and a script become a web service."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from modelport.cli.doors import Door, session_of
from modelport.cli.quantities import POSITIVE
from modelport.cli.script_options import script_options, with_options
from modelport.cli.session import Session
from modelport.cli.words import pairs
from modelport.errors import UserError, at_step
from modelport.units import BYTES_OF_GB

if TYPE_CHECKING:
    from modelport.services.request import Labels, ScriptRequest, ServiceRequest
    from modelport.services.service import Service

_LIMITS = {
    "replicas": "workers",
    "max_concurrent_requests": "max_concurrent_requests",
    "scoring_timeout_ms": "scoring_timeout_ms",
    "max_request_wait_time": "max_request_wait_time_ms",
    "init_timeout": "init_timeout_seconds",
}


_OPTIONS = (
    *script_options("Folder that is deployed whole; the entry script is then relative to it."),
    click.option("--port", "-p", type=int, help="Port of the service; a new one takes a free port."),
    click.option("--replicas", type=int, help="Worker processes; a new service has 1."),
    click.option(
        "--cpu", type=POSITIVE, metavar="CORES",
        help="Processor cores that a container may use; without it all.",
    ),
    click.option(
        "--memory", type=POSITIVE, metavar="GB",
        help="Memory that a container may use; without it all.",
    ),
    click.option(
        "--max-concurrent-requests", type=int, help="Requests that one worker runs at once; of a new service 1."
    ),
    click.option("--scoring-timeout-ms", type=int, help="Limit of one run() in milliseconds; of a new service 60000."),
    click.option(
        "--max-request-wait-time", type=int,
        help="Longest wait for a free worker in milliseconds, then 503; of a new service 500.",
    ),
    click.option("--init-timeout", type=float, metavar="SECONDS", help="Limit of init(); of a new service 300."),
    click.option(
        "--cors-origin", "cors_origins", multiple=True, help="Origin that browsers may call from; repeatable."
    ),
    click.option("--auth/--no-auth", "auth", default=None, help="Ask callers for a key; a new service asks for none."),
    click.option("--debug/--no-debug", "debug", default=None, help="Put the text of exceptions into the answers."),
    click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Tag; repeatable."),
    click.option("--description", "-d", help="What the service is."),
    click.option("--no-wait", is_flag=True, help="Return when init() is under way, without waiting for its end."),
)  # fmt: skip


def service_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what a service is; `deploy` and `service update` have them in common."""
    return with_options(command, _OPTIONS)


@click.command(
    cls=Door,
    examples=[
        "modelport deploy diabetes --entry-script score.py --model diabetes:1 --port 8890",
        "modelport deploy diabetes -s src -e score.py -m outputs/model.pkl --conda-file conda.yml",
        "modelport deploy digits --model digits:2 --replicas 4 --auth",
        "modelport deploy churn -e score.py -m churn:3 --target container --cpu 1 --memory 1",
    ],
)
@click.argument("name")
@service_options
@click.option(
    "--target", type=click.Choice(["local", "container"]), default="local", show_default=True,
    help="Where it runs: as processes of this machine, or from an image in a container engine.",
)
@click.option("--overwrite", is_flag=True, help="Replace a service of this name; it serves until the new one is ready.")
@click.pass_context
def deploy(context: click.Context, /, name: str, **options: Any) -> None:
    """Deploy a web service NAME and wait until it serves.

    Without --entry-script a scikit-learn or ONNX model is served by a script that Modelport brings. Each step is
    told with its time. Ctrl-C takes a new service away again.
    """
    from modelport.cli.steps import finished, showing

    session = session_of(context)
    started = time.monotonic()
    with at_step("check"):
        request = request_of(session, name, options)
    with at_step("check"), showing(session.output, f"Deploying service '{name}'") as steps:
        manager = session.workspace.services
        existed = name in manager.names()
        service = manager.deploy(request, overwrite=options["overwrite"], report=steps)
        if not options["no_wait"]:
            service = _ready(session, name, steps, undo=not existed)
    finished(session.output, service, "deployed", started)


def _ready(session: Session, name: str, steps: Any, *, undo: bool) -> Service:
    """Wait for init(); whoever presses Ctrl-C meanwhile does not want the service."""
    from modelport.cli.steps import see_through

    manager = session.workspace.services
    try:
        return see_through(manager, name, steps)
    except KeyboardInterrupt:
        if undo:
            session.output.note(f"Interrupted: taking service '{name}' away again.")
            manager.delete(name)
        else:
            session.output.note(f"Interrupted: the change goes on. See: modelport service show {name}")
        raise


def container_limits_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that are given, as fields of `Container`."""
    given = {"cpu_cores": options["cpu"]} if options["cpu"] else {}
    return {**given, **({"memory_bytes": round(options["memory"] * BYTES_OF_GB)} if options["memory"] else {})}


def request_of(session: Session, name: str, options: Mapping[str, Any]) -> ServiceRequest:
    """What the options ask for. Raises `UserError` for options that contradict each other, and for bad limits."""
    from modelport.manifest import Container, Limits, Listen
    from modelport.services.request import ServiceRequest

    return ServiceRequest(
        name,
        models=options["models"],
        script=script_of(options),
        environment=environment_of(session, options),
        limits=Limits(**limits_of(options)).check(),
        listen=Listen(port=options["port"] or 0, cors_origins=options["cors_origins"]),
        auth_enabled=bool(options["auth"]),
        debug=bool(options["debug"]),
        target=options["target"],
        container=Container(**container_limits_of(options)),
        labels=labels_of(options),
    )


def script_of(options: Mapping[str, Any]) -> ScriptRequest | None:
    """The entry script with its folder, None without one."""
    from modelport.services.request import ScriptRequest

    script, folder = options["entry_script"], options["source_directory"]
    if folder and not script:
        raise UserError(
            "script-needed",
            f"The source directory '{folder}' is given without an entry script.",
            "Name the script in it: --entry-script score.py",
        )
    return ScriptRequest(script, folder or "") if script else None


def environment_of(session: Session, options: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The definition of the environment that was named, None for the running interpreter."""
    from modelport.cli.environment import find_environment
    from modelport.environments.environment import from_conda_file, from_requirements_file

    given = [key for key in ("conda_file", "requirements", "environment") if options[key]]
    if len(given) > 1:
        words = " and ".join(f"--{key.replace('_', '-')}" for key in given)
        raise UserError("environment-twice", f"{words} both name an environment.", "Keep one of them.")
    if options["conda_file"]:
        return from_conda_file("from-conda-file", options["conda_file"]).to_json()
    if options["requirements"]:
        return from_requirements_file("from-requirements", options["requirements"]).to_json()
    if options["environment"]:
        return find_environment(session.workspace, options["environment"]).definition.to_json()
    return None


def limits_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that were given, by the names that the manifest has for them. Raises `UserError` (`limit-invalid`)."""
    given = {option: options[option] for option in _LIMITS if options[option] is not None}
    for option, value in given.items():
        check_limit(option, value)
    return {_LIMITS[option]: value for option, value in given.items()}


_Number = TypeVar("_Number", int, float)


def check_limit(option: str, value: _Number) -> _Number:
    """Return the value of an option if it is greater than zero; raises `UserError` (`limit-invalid`) that names it."""
    if value > 0:
        return value
    stop = " To end a service and keep it: modelport service stop NAME" if option == "replicas" else ""
    raise UserError(
        "limit-invalid",
        f"The option --{option.replace('_', '-')} must be greater than zero; it is {value}.",
        f"Leave the option out for its default.{stop}",
    )


def labels_of(options: Mapping[str, Any]) -> Labels:
    """Tags and description, None where they were not given."""
    from modelport.services.request import Labels

    return Labels(tags=pairs(options["tags"], "--tag") or None, description=options["description"])
