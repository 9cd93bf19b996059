"""`modelport serve`: server and worker alone, in the foreground; the debugging loop of a script."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from modelport.cli.deploy import check_limit
from modelport.cli.doors import Door, session_of
from modelport.cli.failures import failure_text, in_foreground
from modelport.errors import ScriptError, UserError
from modelport.manifest import Limits, Listen, Manifest, Program

_LOOPBACK = ("localhost", "::1")


@click.command(
    cls=Door,
    examples=[
        "modelport serve score.py --model-dir outputs",
        "modelport serve score.py --port 0 --reload --debug",
        "modelport serve score.py --workers 4 --python .venv/bin/python",
    ],
)
@click.argument("script", type=click.Path(path_type=Path))
@click.option("--model-dir", type=click.Path(path_type=Path), help="Folder that AZUREML_MODEL_DIR names.")
@click.option("--port", type=int, default=5001, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--workers", type=int, default=1, show_default=True, help="Worker processes.")
@click.option(
    "--max-concurrent-requests", type=int, default=1, show_default=True, help="Requests that one worker runs at once."
)
@click.option(
    "--scoring-timeout-ms", type=int, default=60_000, show_default=True, help="Limit of one run(), in milliseconds."
)
@click.option(
    "--max-request-wait-time",
    type=int,
    default=500,
    show_default=True,
    help="Longest wait for a free worker, in milliseconds; then 503.",
)
@click.option("--python", help="Interpreter of the worker; default: the one that runs this command.")
@click.option("--cors-origin", "cors_origins", multiple=True, help="Origin that browsers may call from; repeatable.")
@click.option("--reload", is_flag=True, help="Watch the script's folder and load the script anew on each change.")
@click.option("--debug", is_flag=True, help="Put the text of exceptions into the answers.")
@click.pass_context
def serve(context: click.Context, /, script: Path, **options: Any) -> None:
    """Serve SCRIPT, which has init() and run(data), until Ctrl-C.

    No workspace is needed. The folder of the script is the working directory of the worker. Where init() fails, its
    traceback is printed and the exit code is 3; with --reload the next change of a file tries again.
    """
    from modelport.server.__main__ import run_loop

    manifest = describe(script, options)
    if not is_loopback(manifest.listen.host):
        sys.stderr.write(f"Warning: anyone who reaches {manifest.listen.host} can call this service: it asks no key.\n")
    environ = dict(session_of(context).settings.environ)
    context.exit(run_loop(_run(manifest, environ, reload=options["reload"])))


def describe(script: Path, options: dict[str, Any]) -> Manifest:
    """The manifest that the options describe. Raises `UserError` for what is missing or not valid."""
    if not script.is_file():
        what = "is a folder" if script.is_dir() else "does not exist"
        raise ScriptError(
            "script-missing",
            f"The scoring script '{script}' {what}.",
            "Name an existing .py file that defines init() and run().",
        )
    limits = Limits(
        workers=check_limit("workers", options["workers"]),
        max_concurrent_requests=check_limit("max_concurrent_requests", options["max_concurrent_requests"]),
        scoring_timeout_ms=check_limit("scoring_timeout_ms", options["scoring_timeout_ms"]),
        max_request_wait_time_ms=check_limit("max_request_wait_time", options["max_request_wait_time"]),
    )
    location = script.parent.resolve() / script.name
    return Manifest(
        service_name=location.stem,
        program=Program(
            _interpreter(options["python"]), str(location.parent), location.name, _model_directory(options["model_dir"])
        ),
        limits=limits,
        listen=Listen(options["host"], _port(options["port"]), tuple(options["cors_origins"])),
        debug=options["debug"],
        exit_on_init_failure=not options["reload"],
    )


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


def _model_directory(named: Path | None) -> str:
    if named is None:
        return ""
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
