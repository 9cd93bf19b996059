"""Lets a Python that somebody starts by hand inside an image import what scoring scripts import.

Where a model lies is found out by calling `Model.get_model_path` in a shell of the container; there is no worker then
whose finders could answer `import azureml`. A line that the image adds to its environment runs this file when the first
of the stand-ins' names is imported, and never in a worker.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any

_PACKAGE = "_modelport_worker"
_APP_ROOT = "/var/azureml-app"


def find_spec(name: str, path: "Any" = None) -> "ModuleSpec | None":
    """Install the worker's finders in this process, and let them answer for `name`."""
    package = type(sys)(_PACKAGE)
    package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
    sys.modules[_PACKAGE] = package
    from _modelport_worker.shims import finder as finders  # type: ignore[import-not-found]

    finders.install(_APP_ROOT)
    found = (finder.find_spec(name, path) for finder in sys.meta_path)
    return next((spec for spec in found if spec is not None), None)
