"""`python -I -m modelport.server.health [--runtime FOLDER]`: the health check of an image; 0 when it is ready, else 1.

Asks the server of this container for /readyz, at the address that it has written down. Standard library only, and
little of it: it is run every few seconds for as long as the container lives.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from modelport.server.runtime_place import ADDRESS_NAME, RUNTIME_DIRECTORY

_ANSWER_SECONDS = 5.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound


def answer_of(runtime: Path) -> bytes:
    """The first line of the server's answer. Raises `OSError` and `ValueError`."""
    address = json.loads((runtime / ADDRESS_NAME).read_text())
    host = _ANY.get(address["host"], address["host"])
    with socket.create_connection((host, int(address["port"])), timeout=_ANSWER_SECONDS) as plain:
        connection = _encrypted(plain) if address["tls"] else plain
        connection.sendall(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return connection.recv(4096).partition(b"\r\n")[0]


def _encrypted(plain: socket.socket) -> socket.socket:
    import ssl  # takes longer than all the rest

    context = ssl.create_default_context()
    context.check_hostname = False  # it is this very container: whose certificate it shows does not matter
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)


def main(arguments: list[str]) -> int:
    """Look, and say in one line what was seen."""
    runtime = Path(arguments[1]) if arguments[:1] == ["--runtime"] else RUNTIME_DIRECTORY
    try:
        seen = answer_of(runtime)
    except (OSError, ValueError, KeyError) as error:
        seen = f"no answer: {error}".encode()
    sys.stdout.write(seen.decode("latin-1") + "\n")
    return 0 if seen.startswith(b"HTTP/1.1 200 ") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
