"""`Model.get_model_path`: finds a model that was deployed with the service, and says where it looked.

The rules are v1's: `azureml-models/<name>/<version>/` below AML_APP_ROOT (else the working directory), the largest
version as a number unless one is asked for, exactly one file or folder in it; else a file or folder of that name in
the working directory. At level DEBUG each step is logged with what lies there.
"""

import os

from .. import environment
from .exceptions import ModelNotFoundException, WebserviceException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Model", "ModelNotFoundException", "WebserviceException"]

_FOLDER = "azureml-models"
_LISTED_MAX = 200


class Model(object):
    """The part of v1's Model that a scoring script needs."""

    @staticmethod
    def get_model_path(model_name: str, version: "int | None" = None, _workspace: "Any" = None) -> str:
        """The path of a deployed model's file or folder, relative to the working directory where it lies below it.

        Raises `WebserviceException` for arguments that are not valid or a model folder that holds more or less than
        one entry, and `ModelNotFoundException` where there is no such model.
        """
        if model_name is None:
            raise WebserviceException("model_name is None: give the name that the model was registered under.")
        if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
            raise WebserviceException("version is %r: it should be an int, or None for the newest." % (version,))
        root = _models_folder()
        _log("get_model_path(%r, version=%r): looking in %s", model_name, version, root)
        folder = os.path.join(root, model_name)
        if _is_name(model_name) and os.path.isdir(folder):
            return _shown(_entry_of(folder, model_name, version))
        _log("there is no folder %s; %s holds: %s", folder, root, _listing(root))
        if model_name and os.path.exists(model_name):
            _log("found %s in the working directory %s", model_name, os.getcwd())
            return model_name
        error = ModelNotFoundException(_not_found(model_name, version, root))
        if version is not None:
            raise WebserviceException(error.message, inner_exception=error) from error
        raise error

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise WebserviceException(
            "Inside a service there is no workspace to look a model up in; use Model.get_model_path(NAME), or "
            "os.environ['AZUREML_MODEL_DIR']."
        )


def _log(message: str, *arguments: object) -> None:
    import logging

    logging.getLogger("azureml.core.model").debug(message, *arguments)


def _models_folder() -> str:
    return os.path.join(environment.app_root(), _FOLDER)


def _is_name(model_name: str) -> bool:
    return model_name not in ("", ".", "..") and os.sep not in model_name


def _shown(path: str) -> str:
    """As v1 shows it: relative where the working directory is above it."""
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative


def _entry_of(folder: str, model_name: str, version: "int | None") -> str:
    versions = sorted(int(name) for name in os.listdir(folder) if name.isdigit())
    _log("%s has the versions: %s", folder, ", ".join(map(str, versions)) or "none")
    if not versions:
        words = "The model '%s' has no version: %s holds %s."
        raise WebserviceException(words % (model_name, folder, _listing(folder)))
    wanted = versions[-1] if version is None else version
    if wanted not in versions:
        words = "The model '%s' has no version %d in this service; it has: %s."
        text = words % (model_name, wanted, ", ".join(map(str, versions)))
        raise WebserviceException(text, inner_exception=ModelNotFoundException(text))
    place = os.path.join(folder, str(wanted))
    entries = sorted(os.listdir(place))
    _log("%s holds: %s", place, ", ".join(entries) or "nothing")
    if len(entries) != 1:
        words = "%s should hold exactly one file or folder, it holds: %s."
        raise WebserviceException(words % (place, ", ".join(entries) or "nothing"))
    return os.path.join(place, entries[0])


def _not_found(model_name: str, version: "int | None", root: str) -> str:
    what = "'%s'" % model_name + (" version %d" % version if version is not None else "")
    words = "The model %s is neither in %s, which holds %s, nor in the working directory %s." % (
        what, root, _listing(root), os.getcwd(),
    )  # fmt: skip
    name, colon, number = model_name.partition(":")
    if colon and number.isdigit():
        return "%s Ask for it as get_model_path('%s', version=%s)." % (words, name, number)
    if os.sep in model_name:
        return "%s Ask for the registered name, not for a path." % words
    return words + " At logging level DEBUG each place that is looked at is logged."


def _listing(folder: str) -> str:
    """What lies below a folder, as paths of files, at most 200."""
    if not os.path.isdir(folder):
        return "(no such folder)"
    found = []  # type: list[str]
    for parent, folders, files in os.walk(folder):
        folders.sort()
        found.extend(os.path.relpath(os.path.join(parent, name), folder) for name in sorted(files))
        if len(found) > _LISTED_MAX:
            return ", ".join(found[:_LISTED_MAX]) + ", ..."
    return ", ".join(found) or "nothing"
