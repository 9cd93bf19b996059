"""The parameters of a function, read from its code object; `inspect` is imported only for what is not a function."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_VARARGS, _VARKEYWORDS = 0x04, 0x08
_FUNCTION = type(lambda: None)


class Parameter(object):
    """One parameter: its name, its kind as words, and whether a call must give it."""

    __slots__ = ("kind", "name", "required")

    def __init__(self, name: str, kind: str, required: bool) -> None:
        self.name = name
        self.kind = kind
        self.required = required


def parameters_of(function: "Callable[..., Any]") -> "list[Parameter]":
    """The parameters in order; `kind` is one of positional-only, normal, args, keyword-only, kwargs.

    Raises `TypeError` or `ValueError` where Python itself cannot tell (some functions written in C).
    """
    plain = type(function) is _FUNCTION and not {"__wrapped__", "__signature__"} & set(vars(function))
    return _from_code(function) if plain else _from_inspect(function)


def _from_code(function: "Any") -> "list[Parameter]":
    code = function.__code__
    names = code.co_varnames
    positional = code.co_argcount
    positional_only = getattr(code, "co_posonlyargcount", 0)
    first_default = positional - len(function.__defaults__ or ())
    found = [
        Parameter(names[i], "positional-only" if i < positional_only else "normal", i < first_default)
        for i in range(positional)
    ]
    end = positional + code.co_kwonlyargcount
    if code.co_flags & _VARARGS:
        found.append(Parameter(names[end], "args", False))
    defaults = function.__kwdefaults__ or {}
    found.extend(Parameter(name, "keyword-only", name not in defaults) for name in names[positional:end])
    if code.co_flags & _VARKEYWORDS:
        found.append(Parameter(names[end + bool(code.co_flags & _VARARGS)], "kwargs", False))
    return found


def _from_inspect(function: "Any") -> "list[Parameter]":
    import inspect

    kinds = {
        inspect.Parameter.POSITIONAL_ONLY: "positional-only",
        inspect.Parameter.POSITIONAL_OR_KEYWORD: "normal",
        inspect.Parameter.VAR_POSITIONAL: "args",
        inspect.Parameter.KEYWORD_ONLY: "keyword-only",
        inspect.Parameter.VAR_KEYWORD: "kwargs",
    }
    found = []
    for each in inspect.signature(function).parameters.values():
        kind = kinds[each.kind]
        required = each.default is inspect.Parameter.empty and kind not in ("args", "kwargs")
        found.append(Parameter(each.name, kind, required))
    return found


def init_complaint(parameters: "list[Parameter]") -> str:
    """What is wrong with the parameters of `init()`; empty where it can be called without arguments."""
    required = [each.name for each in parameters if each.required]
    if required:
        return "init() is called without arguments, but it requires %s." % _listed(required)
    return ""


def run_complaint(parameters: "list[Parameter]", one_value: bool) -> str:
    """What is wrong with the parameters of `run()`; empty where a service can call it.

    `one_value`: `run` takes the request as one value (no schema decorators), so only one parameter may be required.
    """
    for each in parameters:
        if each.kind in ("args", "kwargs", "positional-only"):
            written = {"args": "*" + each.name, "kwargs": "**" + each.name}.get(each.kind, each.name + ", /")
            return "run() must name each of its parameters, but it takes '%s'." % written
    inputs = [each for each in parameters if each.name != "request_headers"]
    if not inputs:
        return "run() takes no parameter for the request's data."
    surplus = [each.name for each in inputs[1:] if each.required]
    if one_value and surplus:
        return "run() is called with the request's data alone, but it requires %s as well." % _listed(surplus)
    return ""


def _listed(names: "list[str]") -> str:
    return " and ".join("'%s'" % name for name in names)
