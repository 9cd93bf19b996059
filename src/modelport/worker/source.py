"""Reads the scoring script from its source each time: never from a cache of byte code.

A cached file counts as fresh when size and second of the change agree, so that an edit of one digit followed by a
reload within the same second would run the old code.
"""

from importlib.machinery import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ScriptLoader(SourceFileLoader):
    """The ordinary loader of source files, without the cache."""

    def get_code(self, fullname: str) -> "Any":
        return self.source_to_code(self.get_data(self.path), self.path)
