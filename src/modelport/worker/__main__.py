"""Starts the worker: `python .../worker/__main__.py SOCKET_FD SLOTS_FD`, by absolute path, in the user's Python.

The folder becomes the private package `_modelport_worker`; it is taken off the search path before anything else is
imported, so that a user's own `schema.py` or `wire.py` never meets ours. This file alone is read by Pythons that are
too old for the rest, and says so: no annotation, no f-string.
"""

import sys


def main():
    # type: () -> None
    """Mount the package under its private name and hand over to its loop."""
    if sys.version_info < (3, 6):
        sys.exit(
            "The worker needs Python 3.6 or later; %s is Python %d.%d. Name another interpreter."
            % ((sys.executable,) + tuple(sys.version_info[:2]))
        )
    folder = __file__.rpartition("/")[0]
    if sys.path and sys.path[0] == folder:  # absent under PYTHONSAFEPATH
        del sys.path[0]
    package = type(sys)("_modelport_worker")
    package.__path__ = [folder]
    sys.modules["_modelport_worker"] = package
    from _modelport_worker import entry  # type: ignore[import-not-found]

    entry.start(int(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
