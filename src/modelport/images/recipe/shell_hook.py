"""The file in an image's environment by which a Python started by hand finds the worker's stand-ins (pure)."""

from __future__ import annotations

from packaging.version import Version

from modelport.images.recipe.context import ContextFile, text_file

_NAMES = ("azureml", "azureml_inference_server_http", "inference_schema", "ptvsd")
# Python runs a line of such a file at each start; so it imports nothing before one of the names is imported.
_LINE = (
    "import sys; sys.meta_path.append(type('ModelportShell', (), {{'find_spec': staticmethod(lambda name, path=None, "
    "target=None: None if name.partition('.')[0] not in {names!r} or '_modelport_worker' in sys.modules else "
    "__import__('runpy').run_path({file!r})['find_spec'](name, path))}}))\n"
)


def shell_hook(home: str, server_python: str, user_python: str) -> ContextFile:
    """The file, below the folder `home` of the image; the versions are those of the server's and the user's Python.

    >>> shell_hook("/opt/modelport", "3.11.2", "3.6.9").path
    'env/lib/python3.6/site-packages/modelport-shell.pth'
    """
    worker = f"{home}/server/lib/python{_minor(server_python)}/site-packages/modelport/worker"
    line = _LINE.format(names=_NAMES, file=f"{worker}/shell.py")
    return text_file(f"env/lib/python{_minor(user_python)}/site-packages/modelport-shell.pth", line)


def _minor(version: str) -> str:
    return "{}.{}".format(*Version(version).release)
