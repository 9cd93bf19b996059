"""The lock of whoever serves a service on this machine: held from the first moment of a server's process to its last.

The starter takes it and the server inherits it. So a server whose starter was killed, and who has not yet said where
it listens, can be told from none at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelport.storage.files import lock_to_hand_on, locked

_NAME = "server.lock"


@contextmanager
def handed_on(service_directory: Path) -> Iterator[tuple[int, ...]]:
    """The descriptor that a server is to inherit; none if another one serves, which it will find out by itself."""
    with lock_to_hand_on(service_directory / _NAME, wait=False) as descriptor:
        yield () if descriptor is None else (descriptor,)


def is_held(service_directory: Path) -> bool:
    """Whether a server of the service runs, or is being started."""
    if not (service_directory / _NAME).exists():
        return False
    with locked(service_directory / _NAME, shared=True, wait=False) as free:
        return not free
