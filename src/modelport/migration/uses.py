"""One use of v1 by a program: what is imported, called, read or set, and where."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from modelport.migration.sources import Place

IMPORT, CALL, ATTRIBUTE, COMMAND = "import", "call", "attribute", "command"


@dataclass(frozen=True)
class Use:
    """A use of v1.

    `name` is as people say it, "Model.deploy"; `absent` the key of the reason why it is not here, "?" where there is no
    such thing here and no reason is recorded, "" for all that is here. `is_guess`: nobody knows what the object is, and
    it only has the name of something of v1.
    """

    place: Place
    kind: str
    name: str
    absent: str = ""
    keywords: tuple[str, ...] = ()
    signature: inspect.Signature | None = None
    is_guess: bool = False
