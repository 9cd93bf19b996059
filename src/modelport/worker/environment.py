"""The only place of the worker that reads environment variables.

AZUREML_MODEL_DIR, AML_APP_ROOT, AZUREML_LOG_LEVEL, SERVICE_NAME, SERVICE_VERSION, SERVICE_PATH_PREFIX and the
AML_MODEL_DC_* pair mean what they meant to v1, and so does AZUREML_DEBUG_PORT; AZUREML_MODEL_DATA_DIR is ours.
"""

import os

_TRUE_WORDS = ("1", "true", "yes", "on")


def app_root() -> str:
    """The folder that holds the script and `azureml-models` (default: the working directory)."""
    return os.environ.get("AML_APP_ROOT") or os.getcwd()


def model_dir() -> str:
    """What AZUREML_MODEL_DIR says, or an empty text."""
    return os.environ.get("AZUREML_MODEL_DIR", "")


def service_name() -> str:
    """The title of the swagger documents (default: "ML service")."""
    return os.environ.get("SERVICE_NAME") or "ML service"


def service_version() -> str:
    """The version in the swagger documents (default: "1.0")."""
    return os.environ.get("SERVICE_VERSION") or "1.0"


def service_path_prefix() -> str:
    """The path in front of the service's own paths: empty, or with one slash in front and none behind."""
    prefix = os.environ.get("SERVICE_PATH_PREFIX", "").strip("/")
    return "/" + prefix if prefix else ""


def model_data_dir() -> str:
    """Where collected model data is written; empty means that nothing is collected."""
    folder = os.environ.get("AZUREML_MODEL_DATA_DIR", "")
    if folder:
        return folder
    enabled = os.environ.get("AML_MODEL_DC_STORAGE_ENABLED", "").lower() in _TRUE_WORDS
    return os.path.join(app_root(), "modeldata") if enabled else ""


def model_data_place() -> "tuple[str, str, str, str]":
    """The four first folders of collected data: subscription, resource group, workspace, service."""
    names = ("AML_SUBSCRIPTION_ID", "AML_RESOURCE_GROUP", "WORKSPACE_NAME", "SERVICE_NAME")
    first, second, third, fourth = (os.environ.get(name) or "default" for name in names)
    return first, second, third, fourth


def quieten_debugger() -> None:
    """Keep debugpy from printing a page about frozen modules, which no scoring script steps into."""
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")


def debug_port() -> int:
    """The port at which AZUREML_DEBUG_PORT says that a debugger listens; 0 where it says nothing."""
    word = os.environ.get("AZUREML_DEBUG_PORT", "").strip()
    return int(word) if word.isdigit() else 0


def configure_logging(folders: "tuple[str, ...]" = ()) -> None:
    """Apply the first logging.json in `folders`, and AZUREML_LOG_LEVEL where it is set, without adding a handler.

    A handler of ours would turn the user's own `logging.basicConfig(...)` into a no-op; the handler of last resort
    prints to standard error just as well. A logging.json that cannot be applied is told and left out.
    """
    _apply_logging_file(folders)
    word = os.environ.get("AZUREML_LOG_LEVEL", "").strip().upper()
    if not word:
        return
    import logging

    level = int(word) if word.isdigit() else logging.getLevelName(word)
    if not isinstance(level, int):
        logging.getLogger("modelport").warning("AZUREML_LOG_LEVEL is %r, which is no level; it is ignored", word)
        return
    logging.getLogger().setLevel(level)
    if logging.lastResort is not None:
        logging.lastResort.setLevel(level)


def _apply_logging_file(folders: "tuple[str, ...]") -> None:
    path = next((os.path.join(each, "logging.json") for each in folders if _has_logging(each)), "")
    if not path:
        return
    import json
    import logging.config

    try:
        with open(path, encoding="utf-8") as file:
            logging.config.dictConfig(json.load(file))
    except (OSError, ValueError, TypeError, AttributeError, ImportError) as error:
        from .traces import log

        log("%s cannot be applied, so logging stays as it was: %s" % (path, error))


def _has_logging(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "logging.json"))
