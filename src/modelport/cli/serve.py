"""`modelport serve`: server and worker alone, in the foreground; the debugging loop of a script."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from modelport.cli.deploy import check_limit
from modelport.cli.doors import Door, session_of
from modelport.cli.failures import failure_text, in_foreground
from modelport.errors import ScriptError, UserError
from modelport.manifest import Limits, Listen, Manifest, Program

_LOOPBACK = ("localhost", "::1")
_VARIABLES = ("SERVER_PORT", "WORKER_COUNT", "SCORING_TIMEOUT_MS", "AML_CORS_ORIGINS", "SERVICE_NAME")


@click.command(
    cls=Door,
    examples=[
        "modelport serve score.py --model-dir outputs",
        "modelport serve score.py --port 0 --reload --debug",
        "modelport serve score.py --workers 4 --python .venv/bin/python",
        "modelport serve --entry_script score.py --model_dir outputs --worker_count 4",
    ],
)
@click.argument("script", type=click.Path(path_type=Path), required=False)
@click.option("--entry-script", "--entry_script", type=click.Path(path_type=Path), help="SCRIPT, as azmlinfsrv has it.")
@click.option(
    "--model-dir", "--model_dir", type=click.Path(path_type=Path), help="Folder that AZUREML_MODEL_DIR names."
)
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one; default: 5001.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--workers", "--worker-count", "--worker_count", "workers", type=int,
    help="Worker processes; default: 1.",
)
@click.option(
    "--max-concurrent-requests", type=int, default=1, show_default=True, help="Requests that one worker runs at once."
)
@click.option("--scoring-timeout-ms", type=int, help="Limit of one run(), in milliseconds; default: 60000.")
@click.option(
    "--max-request-wait-time",
    type=int,
    default=500,
    show_default=True,
    help="Longest wait for a free worker, in milliseconds; then 503.",
)
@click.option("--python", help="Interpreter of the worker; default: the one that runs this command.")
@click.option("--cors-origin", "cors_origins", multiple=True, help="Origin that browsers may call from; repeatable.")
@click.option(
    "--access-control-allow-origins", "--access_control_allow_origins", "origin_list",
    help="Origins that browsers may call from, separated by commas.",
)
@click.option(
    "--config-file", "--config_file", default="",
    help="JSON file of variables, for what nothing else says; default: config.json in AML_APP_ROOT or by the script.",
)
@click.option("--health-port", "--health_port", type=int, help="Accepted: health is answered at --port, also in run().")
@click.option("--appinsights-instrumentation-key", "--appinsights_instrumentation_key", help="Accepted, not used.")
@click.option("--reload", is_flag=True, help="Watch the script's folder and load the script anew on each change.")
@click.option("--debug", is_flag=True, help="Put the text of exceptions into the answers.")
@click.pass_context
def serve(context: click.Context, /, **options: Any) -> None:
    """Serve SCRIPT, which has init() and run(data), until Ctrl-C.

    No workspace is needed. The folder of the script is the working directory of the worker. Where init() fails, its
    traceback is printed and the exit code is 3; with --reload the next change of a file tries again. The options of
    azmlinfsrv are understood in its spelling, and so are the variables that it read.
    """
    from modelport.server.__main__ import run_loop

    environ = dict(session_of(context).settings.environ)
    manifest = describe(options, environ)
    if not is_loopback(manifest.listen.host):
        sys.stderr.write(f"Warning: anyone who reaches {manifest.listen.host} can call this service: it asks no key.\n")
    for name in ("appinsights_instrumentation_key", "health_port"):
        if options[name]:
            sys.stderr.write(f"--{name} is accepted and not used; see: modelport serve --help\n")
    context.exit(run_loop(_run(manifest, environ, reload=options["reload"])))


def describe(options: Mapping[str, Any], environ: Mapping[str, str]) -> Manifest:
    """The manifest that options, variables and config.json describe; the first of them wins. Raises `UserError` for
    what is missing or not valid."""
    from modelport.server.image_manifest import with_variables

    script, variables = _script_and_variables(options, environ)
    root = Path(variables.get("AML_APP_ROOT") or script.parent)
    base = Manifest(
        service_name=script.stem,
        program=Program(
            _interpreter(options["python"]), str(root.absolute()), _below(script, root),
            _model_directory(options["model_dir"] or variables.get("AZUREML_MODEL_DIR")),
        ),
        listen=Listen(options["host"]),
        debug=options["debug"],
        exit_on_init_failure=not options["reload"],
    )  # fmt: skip
    told = with_variables(base, {name: variables.get(name, "") for name in _VARIABLES})
    return replace(told, limits=_limits(told.limits, options), listen=_listen(told.listen, options))


def _script_and_variables(options: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
    """Where the script lies, and what variables and config.json say; each may name the other."""
    from modelport.server.config_file import variables_with_config

    if options["script"] and options["entry_script"]:
        raise click.UsageError("The script is named twice, as SCRIPT and by --entry-script.")
    named = options["script"] or options["entry_script"] or environ.get("AZUREML_ENTRY_SCRIPT")
    folders = [Path(environ.get("AML_APP_ROOT") or "."), *([Path(named).parent] if named else [])]
    variables = variables_with_config(environ, folders, options["config_file"])
    named = named or variables.get("AZUREML_ENTRY_SCRIPT")
    if not named:
        raise click.UsageError("Missing argument 'SCRIPT'.")
    script = Path(named)
    if not script.is_file():
        what = "is a folder" if script.is_dir() else "does not exist"
        raise ScriptError(
            "script-missing",
            f"The scoring script '{script}' {what}.",
            "Name an existing .py file that defines init() and run().",
        )
    return script.parent.resolve() / script.name, variables


def _below(script: Path, root: Path) -> str:
    """The script as it is named in the working directory; an absolute path where it lies elsewhere."""
    folder = root.resolve()
    return str(script.relative_to(folder)) if script.is_relative_to(folder) else str(script)


def _limits(told: Limits, options: Mapping[str, Any]) -> Limits:
    names = ("workers", "max_concurrent_requests", "scoring_timeout_ms")
    given = {name: check_limit(name, options[name]) for name in names if options[name] is not None}
    wait = check_limit("max_request_wait_time", options["max_request_wait_time"])
    return replace(told, max_request_wait_time_ms=wait, **given)


def _listen(told: Listen, options: Mapping[str, Any]) -> Listen:
    listed = [origin.strip() for origin in (options["origin_list"] or "").split(",")]
    origins = tuple(options["cors_origins"]) + tuple(origin for origin in listed if origin)
    port = told.port if options["port"] is None else _port(options["port"])
    return replace(told, port=port, cors_origins=origins or told.cors_origins)


def _interpreter(named: str | None) -> str:
    """An absolute path that keeps symbolic links: a virtual environment is found by where its Python lies."""
    if named is None:
        from modelport.settings import running_interpreter

        return str(running_interpreter())
    found = shutil.which(named)
    if found is None:
        raise UserError(
            "python-not-found",
            f"The Python interpreter '{named}' cannot be found or is not executable.",
            "Name a path such as .venv/bin/python, or a program that is on the PATH.",
        )
    return str(Path(found).absolute())


def _model_directory(name: Path | str | None) -> str:
    if not name:
        return ""
    named = Path(name)
    if not named.is_dir():
        what = "is a file" if named.exists() else "does not exist"
        raise UserError(
            "model-directory-missing",
            f"The model folder '{named}' {what}.",
            "Name the folder that holds the model file with --model-dir.",
        )
    return str(named.resolve())


def _port(number: int) -> int:
    if not 0 <= number <= 65_535:
        raise UserError(
            "port-invalid",
            f"The port {number} is not valid: ports are whole numbers from 1 to 65535.",
            "Choose one from 1024 on, or 0 for a free one.",
        )
    return number


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    return host in _LOOPBACK or host.startswith("127.")


async def _run(manifest: Manifest, environ: dict[str, str], *, reload: bool) -> int:
    """Serve, and keep the tasks that watch beside it."""
    import asyncio

    from modelport.cli.reloading import Reloader
    from modelport.server.replica import Replica

    replica = Replica(manifest, environ)
    replica.lifecycle.logs_failures = False  # they are told below, and once is enough
    watching: list[asyncio.Task[None]] = []

    async def announce(_: Replica) -> None:
        listen = manifest.listen
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        say(f"Serving {manifest.program.entry_script} at http://{host}:{replica.port}/score (Ctrl-C ends)")
        if reload:
            watching.append(asyncio.create_task(Reloader(replica, say).watch()))

    try:
        code = await replica.run(announce)
    finally:
        for task in watching:
            task.cancel()
    failure = replica.lifecycle.failure
    if code and failure is not None:
        sys.stdout.flush()
        sys.stderr.write(failure_text(in_foreground(failure, manifest.program)))
    return code


def say(text: str) -> None:
    """One line of our own, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
