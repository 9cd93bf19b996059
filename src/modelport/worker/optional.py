"""Modules of the user's environment that the worker uses where they are, and does without where they are not."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def importable(name: str) -> "Any":
    """The module of that name, or None where the environment lacks it or it fails to load."""
    from importlib import import_module

    try:
        return import_module(name)
    except Exception:
        return None


def loaded(name: str) -> "Any":
    """A module that user code has imported already: whoever hands us an array has numpy. Raises `TypeError` if not."""
    module = sys.modules.get(name)
    if module is None:
        raise TypeError("a value of %s is expected, and %s is not even imported" % (name, name))
    return module
