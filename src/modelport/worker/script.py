"""Loads the user's scoring script and calls it: `load_script` → `init()` → `handle(request)` per request."""

import os
import sys

from . import calling, environment, marks
from .problem import ScriptProblem, check_name, missing_function, signature_problem
from .signature import init_complaint, parameters_of, run_complaint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from .answer import Answer
    from .signature import Parameter

__all__ = ["ScoringScript", "ScriptProblem", "load_script"]

_FALLBACK_NAME = "service_driver"  # the name that v1's images gave the script
_kept = []  # type: list[Any]


def load_script(path: str, app_root: str = "") -> "ScoringScript":
    """Import the scoring script and see that a service can call it. Raises `ScriptProblem`.

    The module gets the file's own name, as `import score` elsewhere would give it, so that pickles of its classes are
    found; `app_root` (default: AML_APP_ROOT, or the working directory) and the script's folder become importable.
    """
    from .debugger import connect_as_told
    from .shims import finder

    path = os.path.abspath(path)
    app_root = os.path.abspath(app_root or environment.app_root())
    check_name(path)
    _make_importable((app_root, os.path.dirname(path)))
    finder.install(app_root)
    environment.configure_logging((app_root, os.path.dirname(path)))
    connect_as_told()
    module = _import(path, app_root)
    _adopt_as_main(module)
    return ScoringScript(module, path, app_root)


def _make_importable(folders: "tuple[str, ...]") -> None:
    """Put the folders in front of the search path: the last one first."""
    for folder in folders:
        if folder in sys.path:
            sys.path.remove(folder)
        sys.path.insert(0, folder)


def _import(path: str, app_root: str) -> "ModuleType":
    from importlib.util import module_from_spec, spec_from_file_location

    from .source import ScriptLoader

    name = os.path.splitext(os.path.basename(path))[0]
    if name in sys.modules:
        name = _FALLBACK_NAME  # a script called json.py must not replace what everybody imports
    spec = spec_from_file_location(name, path, loader=ScriptLoader(name, path))
    if spec is None or spec.loader is None:
        raise ScriptProblem("script-import", "Python finds no way to import the script.", "", (path, 0))
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        sys.modules.pop(name, None)
        from . import trouble

        raise trouble.import_problem(error, path, app_root) from None
    return module


def _adopt_as_main(module: "ModuleType") -> None:
    """Let the script stand for `__main__`, in the worker's own process only.

    A model pickled by a training program names its classes `__main__.X`; a script that defines them can load it. And
    what `multiprocessing` starts anew imports the script, not the worker.
    """
    main = sys.modules.get("__main__")
    ours = os.path.dirname(os.path.abspath(__file__))
    if main is not None and os.path.dirname(os.path.abspath(getattr(main, "__file__", None) or "")) == ours:
        _kept.append(main)  # a module that nobody refers to loses its globals
        sys.modules["__main__"] = module


class ScoringScript(object):
    """The user's script, ready to be initialised and called.

    `needs_headers`: `run` declares `request_headers`. `needs_request`: it takes the raw request. `handle(request)`
    returns an `Answer` and never raises for what the user's code does. Raises `ScriptProblem` when made of a module
    that a service cannot call.
    """

    def __init__(self, module: "ModuleType", path: str, app_root: str) -> None:
        self.path = path
        self.app_root = app_root
        self._init = _function(module, "init", path)
        self._run = _run_of(module, path)
        self.kind = _kind_of(self._run, path)
        self._parameters = _checked_parameters(self._init, self._run, self.kind, path)
        self.needs_headers = any(each.name == calling.HEADERS_NAME for each in self._parameters)
        self.needs_request = self.kind == "raw"
        make = {"text": calling.text_handler, "raw": calling.raw_handler, "schema": calling.schema_handler}[self.kind]
        self.handle = make(self._run, self._parameters, self.describe_failure)  # type: calling.Handler

    def init(self) -> None:
        """Call the user's `init()`. Raises `ScriptProblem` for whatever it raises, `SystemExit` included."""
        try:
            result = self._init()
            if hasattr(type(result), "__await__"):
                from .streaming import wait_for

                wait_for(result)
        except BaseException as error:
            from . import trouble

            raise trouble.init_problem(error, self.path, self.app_root) from None

    def describe_failure(self, error: BaseException) -> "Answer":
        """Log the traceback of what the user's code raised, and make the answer to it."""
        return calling.describe_failure(error)

    def describe(self) -> "dict[str, object]":
        """The script as JSON-ready words: kind, arguments, content types, streaming, and the swagger documents."""
        from .describe import describe_script

        return describe_script(self._run, self.kind, self._parameters, self.app_root)


def _function(module: "ModuleType", name: str, path: str) -> "Callable[..., Any]":
    found = getattr(module, name, None)
    if callable(found):
        return found  # type: ignore[no-any-return]
    what = "defines no %s()" % name if found is None else "has a '%s' that is no function" % name
    raise missing_function(name, what, path)


def _run_of(module: "ModuleType", path: str) -> "Callable[..., Any]":
    """The function to call: of the script itself, or of the script behind a driver that v1's tools generated."""
    driven = getattr(module, "driver_module", None)
    if isinstance(driven, type(sys)) and callable(getattr(driven, "run", None)):
        return driven.run  # type: ignore[no-any-return]
    return _function(module, "run", path)


def _kind_of(run: "Callable[..., Any]", path: str) -> str:
    """How `run` takes a request: raw, schema or text."""
    raw = marks.wants_raw_http(run)
    decorated = marks.is_schema_decorated(run)
    if raw and decorated:
        raise ScriptProblem(
            "script-signature",
            "run() of %s is decorated with @rawhttp and with @input_schema." % os.path.basename(path),
            "Take one of them away: the first hands the whole request over, the second the values in its body.",
            (path, 0),
        )
    return "raw" if raw else ("schema" if decorated else "text")


def _checked_parameters(
    init: "Callable[..., Any]", run: "Callable[..., Any]", kind: str, path: str
) -> "list[Parameter]":
    try:
        complaint, culprit = init_complaint(parameters_of(init)), init
        parameters = parameters_of(run)
    except (TypeError, ValueError) as error:
        words = "Python cannot tell the parameters of init() or run(): %s." % error
        raise signature_problem(words, (path, 0)) from None
    if not complaint:
        complaint, culprit = run_complaint(parameters, one_value=kind != "schema"), run
    if complaint:
        raise signature_problem(complaint, _place_of_function(culprit, path))
    return parameters


def _place_of_function(function: "Any", path: str) -> "tuple[str, int]":
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else (path, 0)
