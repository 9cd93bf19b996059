"""`python -I -m modelport.server.control_client [--runtime FOLDER] COMMAND [VALUE…]`: tell this container's server.

To be run inside the container (`docker exec`), so that no port need be published for it. Commands: `status`, `stop`;
of a replica `apply` (read the manifest anew), `scale WORKERS`; of a gateway `switch HOST:PORT [WAIT_SECONDS]`,
`apply [WAIT_SECONDS]`. The answer is one line of JSON, {"ok": …} or {"error": …}; the exit code is the error's own.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

from modelport.server.runtime_place import CONTROL_NAME, RUNTIME_DIRECTORY

_VALUES = {"scale": ("workers",), "switch": ("backend", "wait_seconds"), "apply": ("wait_seconds",)}
_ANSWER_SECONDS = 30.0


def ask(runtime: Path, words: dict[str, Any]) -> dict[str, Any]:
    """Send one command and return the answer. Raises `OSError` and `ValueError`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_ANSWER_SECONDS + float(words.get("wait_seconds", 0)))
        connection.connect(str(runtime / CONTROL_NAME))
        connection.sendall(json.dumps(words).encode() + b"\n")
        with connection.makefile("rb") as answers:
            return dict(json.loads(answers.readline()))


def main(arguments: list[str]) -> int:
    """Ask what the words say, and print the answer."""
    runtime = RUNTIME_DIRECTORY
    if arguments[:1] == ["--runtime"]:
        runtime, arguments = Path(arguments[1]), arguments[2:]
    command = arguments[0] if arguments else "status"
    words = {"command": command, **dict(zip(_VALUES.get(command, ()), arguments[1:], strict=False))}
    try:
        answer = ask(runtime, words)
    except (OSError, ValueError) as error:
        from modelport.errors import NotFoundError  # only here: the client has to start fast

        missing = NotFoundError(
            "control-unreachable",
            f"No server answers at '{runtime / CONTROL_NAME}': {error}.",
            "Run it inside the container, as the container's user; without a writable /tmp there is no such socket.",
        )
        answer = {"error": missing.to_dict()}
    sys.stdout.write(json.dumps(answer) + "\n")
    return int(answer["error"].get("exit_code", 1)) if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
