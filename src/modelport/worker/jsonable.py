"""Makes JSON of what models return: numpy, pandas and torch values, dates, decimals, sets, bytes, data classes.

The rules, for values inside a result as well as for the result itself: arrays, series and tensors become (nested)
lists; a data frame a list of records; dates and times ISO 8601 text; a duration its seconds; a Decimal a number; a
set a list; bytes base64 text; an enumeration its value; a data class an object of its fields; a path or a UUID text.
NaN stays a bare NaN, as `json.dumps` writes it, except in data frames and series, whose missing values become null, as
their own `to_json` has it. Nothing is imported for this: a type that the user's code never
imported cannot be in its result.
"""

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_DEPTH_MAX = 300  # deeper is a circle, or nothing that clients should have to read


class NotSerialisable(Exception):
    """A value that has no JSON form: its type, and where in the result it stands."""

    def __init__(self, value: object, path: str, why: str = "") -> None:
        kind = type(value)
        module = "" if kind.__module__ == "builtins" else kind.__module__ + "."
        place = "the value at %s" % path if path else "the value"
        words = why or "%s is of type '%s%s', which has no JSON form" % (place, module, kind.__qualname__)
        super(NotSerialisable, self).__init__(words)


def default(value: "Any") -> "Any":
    """What stands for a value that `json` does not know. Raises `NotSerialisable`."""
    converted = _simple(value)
    if converted is _UNKNOWN:
        raise NotSerialisable(value, "")
    return converted


def make_encoder() -> "Callable[[Any], bytes]":
    """A function that encodes as `json.dumps` does, with `default`; one C encoder is made once and kept.

    It does not watch for circles (they end in `RecursionError`), because watching costs a fifth of the time.
    """
    from json import encoder

    compiled = getattr(encoder, "c_make_encoder", None)
    if compiled is not None:
        try:
            run = compiled(None, default, encoder.encode_basestring_ascii, None, ": ", ", ", False, False, True)
            sample = {"a": [1, 2.5, None, True, "\u00e9"]}
            if "".join(run(sample, 0)) == json.dumps(sample):
                return lambda value: "".join(run(value, 0)).encode("ascii")
        except TypeError:
            return _encode_slowly  # a Python whose C encoder takes other arguments
    return _encode_slowly


def _encode_slowly(value: "Any") -> bytes:
    return json.dumps(value, default=default, check_circular=False).encode("ascii")


def encode_carefully(value: "Any") -> bytes:
    """Encode what the fast way could not: odd dictionary keys, circles. Raises `NotSerialisable` with the path."""
    return json.dumps(plain(value, "", 0)).encode("ascii")


def plain(value: "Any", path: str, depth: int) -> "Any":
    """The same value of dictionaries, lists, text, numbers and None alone. Raises `NotSerialisable` with the path."""
    if depth > _DEPTH_MAX:
        raise NotSerialisable(value, path, "the result contains itself, or is nested more than %d deep" % _DEPTH_MAX)
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {_key(key, path): plain(item, _below(path, key), depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, _below(path, at), depth + 1) for at, item in enumerate(value)]
    converted = _simple(value)
    if converted is _UNKNOWN:
        raise NotSerialisable(value, path)
    return plain(converted, path, depth + 1)


def _below(path: str, key: object) -> str:
    return "%s[%r]" % (path or "result", key)


def _key(key: "Any", path: str) -> "Any":
    """A dictionary key as JSON can have it: numbers of numpy become numbers, all else its text."""
    if key is None or isinstance(key, (str, bool, int, float)):
        return key
    if isinstance(key, tuple):
        return str(key)
    converted = _simple(key)
    if converted is _UNKNOWN or isinstance(converted, (dict, list)):
        raise NotSerialisable(key, _below(path, key))
    return converted


_UNKNOWN = object()


def _simple(value: "Any") -> "Any":
    """A value one step nearer to JSON, or `_UNKNOWN`."""
    kind = type(value)
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        return _numpy(value)
    if root == "pandas":
        return _pandas(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        import base64

        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, (set, frozenset, range)):
        return list(value)
    converted = _of_imported_modules(value)
    if converted is not _UNKNOWN:
        return converted
    if hasattr(kind, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in kind.__dataclass_fields__}
    if hasattr(kind, "tolist"):  # tensors, arrays of other libraries
        return value.tolist()
    if hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
        return {key: value[key] for key in value.keys()}  # noqa: SIM118 - an object of the mapping kind
    return value.__fspath__() if hasattr(kind, "__fspath__") else _UNKNOWN


def _of_imported_modules(value: "Any") -> "Any":
    """Values of the standard library's types, looked up only among the modules that are loaded."""
    modules = sys.modules
    datetime = modules.get("datetime")
    if datetime is not None:
        if isinstance(value, (datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
    decimal = modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        return int(value) if whole else float(value)
    fractions = modules.get("fractions")
    if fractions is not None and isinstance(value, fractions.Fraction):
        return float(value)
    enum = modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        return value.value
    uuid = modules.get("uuid")
    if uuid is not None and isinstance(value, uuid.UUID):
        return str(value)
    return _UNKNOWN


def _numpy(value: "Any") -> "Any":
    dtype = getattr(value, "dtype", None)
    if dtype is None or not hasattr(value, "tolist"):
        return _UNKNOWN
    if dtype.kind == "c":
        return _UNKNOWN
    if dtype.names:
        rows = value.tolist()
        return _records(rows, dtype.names) if value.shape else dict(zip(dtype.names, rows))
    if dtype.kind in "mM":
        return _moments(value)
    converted = value.tolist()
    return _UNKNOWN if converted is value else converted  # longdouble stays itself


def _records(rows: "list[Any]", names: "tuple[str, ...]") -> "list[Any]":
    return [_records(row, names) if isinstance(row, list) else dict(zip(names, row)) for row in rows]


def _moments(value: "Any") -> "Any":
    """Times as ISO text, durations as seconds, NaT as None; `tolist` would make bare nanoseconds of both."""
    if value.dtype.kind == "m":
        seconds = (value / sys.modules["numpy"].timedelta64(1, "s")).tolist()
        return _without_nan(seconds)
    return _without_nan(value.astype(str).tolist())


def _without_nan(value: "Any") -> "Any":
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if value != value or value == "NaT" else value


def _pandas(value: "Any") -> "Any":
    pandas = sys.modules["pandas"]
    if isinstance(value, pandas.DataFrame):
        return _without_missing(value).to_dict(orient="records")
    if isinstance(value, pandas.Series):
        return _without_missing(value).tolist()
    if value is pandas.NaT or value is getattr(pandas, "NA", pandas.NaT):
        return None
    if isinstance(value, pandas.Timedelta):
        return value.total_seconds()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (pandas.Period, pandas.Interval)):
        return str(value)
    return value.tolist() if hasattr(value, "tolist") else _UNKNOWN


def _without_missing(value: "Any") -> "Any":
    known = value.notna()
    return value if known.values.all() else value.astype(object).where(known, None)
