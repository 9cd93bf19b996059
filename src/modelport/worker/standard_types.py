"""The parameter type for what Python itself has: numbers, text, bytes, dates, lists, dictionaries, nested types."""

import base64
import datetime
import re

from .optional import importable
from .schema import ParameterType, SchemaMismatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_ISO = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d))?(?:[T ]?(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|z|[+-]\d\d:?\d\d)?$"
)
_WORDS = {
    dict: "an object", list: "an array", str: "a text", bool: "true or false", int: "an integer", float: "a number",
    type(None): "null",
}  # fmt: skip


class StandardPythonParameterType(ParameterType):
    """A value of the sample's own type.

    bytes arrive as base64 text, dates and times as ISO 8601 text (UTC where they name no zone), tuples as arrays. A
    dictionary or list that holds parameter types describes its parts: the one type in a list is that of every item,
    several are those of the items in order.
    """

    def __init__(self, sample_input: "Any") -> None:
        if sample_input is None:
            raise TypeError("StandardPythonParameterType takes a sample value, not None.")
        super(StandardPythonParameterType, self).__init__(sample_input)

    def deserialize_input(self, input_data: "Any") -> "Any":
        """The value that `run()` gets for a JSON value. Raises `SchemaMismatch`."""
        return from_json(input_data, self.sample_input, "")

    def input_to_swagger(self) -> "dict[str, Any]":
        """The swagger schema of the type, with the sample as example."""
        return describe(self.sample_input)


def from_json(value: "Any", sample: "Any", path: str) -> "Any":
    """A JSON value as one of the sample's type. Raises `SchemaMismatch` naming the place."""
    if isinstance(sample, ParameterType):
        return sample.deserialize_input(value)
    if isinstance(sample, dict):
        return _object(value, sample, path)
    if isinstance(sample, (list, tuple, range)):
        return _array(value, sample, path)
    reader = _READERS.get(type(sample))
    if reader is not None:
        return _read(value, sample, path, reader)
    if isinstance(sample, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(sample, (bool, int, float, str)) and not isinstance(value, type(sample)):
        raise _mismatch(value, type(sample), path)
    return value


def _read(value: "Any", sample: "Any", path: str, reader: "Callable[[str], Any]") -> "Any":
    if isinstance(value, type(sample)):
        return value
    if not isinstance(value, str):
        raise _mismatch(value, str, path)
    try:
        return reader(value)
    except ValueError as error:
        words = "%s%r is no %s: %s" % (_place(path), value[:60], type(sample).__name__, error)
        raise SchemaMismatch(words) from error


def _object(value: "Any", sample: "dict[Any, Any]", path: str) -> "Any":
    if not isinstance(value, dict):
        raise _mismatch(value, dict, path)
    if not has_nested_types(sample):
        return value
    converted = dict(value)
    for key, part in sample.items():
        if key not in value:
            raise SchemaMismatch("%sthe key '%s' is missing." % (_place(path), key))
        converted[key] = from_json(value[key], part, "%s[%r]" % (path, key))
    return converted


def _array(value: "Any", sample: "Any", path: str) -> "Any":
    if not isinstance(value, (list, tuple)):
        raise _mismatch(value, list, path)
    items = list(value)
    if not isinstance(sample, range) and has_nested_types(sample):
        if len(sample) > 1 and len(sample) != len(items):
            raise SchemaMismatch("%s%d items are expected, %d came." % (_place(path), len(sample), len(items)))
        parts = list(sample) if len(sample) > 1 else [sample[0]] * len(items)
        items = [from_json(item, part, "%s[%d]" % (path, at)) for at, (item, part) in enumerate(zip(items, parts))]
    return tuple(items) if isinstance(sample, tuple) else items


def has_nested_types(sample: "Any") -> bool:
    """Whether a dictionary or list describes its parts by parameter types, at any depth."""
    parts = sample.values() if isinstance(sample, dict) else sample
    return any(
        isinstance(part, ParameterType) or (isinstance(part, (dict, list, tuple)) and has_nested_types(part))
        for part in parts
    )


def _mismatch(value: "Any", wanted: type, path: str) -> SchemaMismatch:
    found = _WORDS.get(type(value), type(value).__name__)
    return SchemaMismatch("%s%s is expected, %s came." % (_place(path), _WORDS.get(wanted, wanted.__name__), found))


def _place(path: str) -> str:
    return "at %s: " % path if path else ""


def parse_datetime(text: str) -> datetime.datetime:
    """ISO 8601, or whatever `dateutil` reads where the user's environment has it. Raises `ValueError`."""
    match = _ISO.match(text.strip())
    if match is None or match.group(1) is None:
        return _by_dateutil(text)
    year, month, day = (int(part) for part in match.group(1, 2, 3))
    return datetime.datetime(year, month, day, *_clock(match), tzinfo=_zone(match.group(8)))


def _by_dateutil(text: str) -> datetime.datetime:
    parser = importable("dateutil.parser")
    if parser is None:
        raise ValueError("write it as 2020-01-31T12:00:00Z")
    parsed = parser.parse(text)  # type: datetime.datetime
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=datetime.timezone.utc)


def parse_time(text: str) -> datetime.time:
    """ISO 8601, with or without a zone (then UTC). Raises `ValueError`."""
    match = _ISO.match(text.strip())
    if match is None or match.group(4) is None:
        raise ValueError("write it as 12:00:00Z")
    return datetime.time(*_clock(match), tzinfo=_zone(match.group(8)))


def parse_date(text: str) -> datetime.date:
    """ISO 8601. Raises `ValueError`."""
    match = _ISO.match(text.strip())
    if match is None or match.group(1) is None or match.group(4) is not None:
        raise ValueError("write it as 2020-01-31")
    return datetime.date(int(match.group(1)), int(match.group(2)), int(match.group(3)))


def _clock(match: "Any") -> "tuple[int, int, int, int]":
    hour, minute, second, fraction = match.group(4, 5, 6, 7)
    return int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "0").ljust(6, "0")[:6])


def _zone(text: "str | None") -> datetime.timezone:
    if not text or text in "Zz":
        return datetime.timezone.utc
    digits = text[1:].replace(":", "")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return datetime.timezone(-offset if text[0] == "-" else offset)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii"), validate=True)


def _bytearray(text: str) -> bytearray:
    return bytearray(_bytes(text))


_READERS = {
    datetime.datetime: parse_datetime,
    datetime.date: parse_date,
    datetime.time: parse_time,
    bytes: _bytes,
    bytearray: _bytearray,
}  # type: dict[type, Callable[[str], Any]]


def describe(sample: "Any") -> "dict[str, Any]":
    """The swagger schema of a sample, with an example. Raises `TypeError` for a sample that has no JSON form."""
    if isinstance(sample, ParameterType):
        return sample.input_to_swagger()
    if isinstance(sample, dict):
        return _describe_object(sample)
    if isinstance(sample, (list, tuple, range)):
        return _describe_array(list(sample))
    return _describe_scalar(sample)


_SCALARS = (
    (bool, "boolean", ""),
    (int, "integer", "int64"),
    (float, "number", "double"),
    (str, "string", ""),
    (bytes, "string", "byte"),
    (bytearray, "string", "byte"),
    (datetime.datetime, "string", "date-time"),
    (datetime.date, "string", "date"),
    (datetime.time, "string", "time"),
)


def _describe_scalar(sample: "Any") -> "dict[str, Any]":
    from .convert import json_bytes

    for kind, word, form in _SCALARS:
        if isinstance(sample, kind):
            schema = {"type": word}
            if form:
                schema["format"] = form
            return dict(schema, example=_scalar_example(sample))
    import json

    return {"type": "object", "example": json.loads(json_bytes(sample).decode("ascii"))}


def _scalar_example(sample: "Any") -> "Any":
    if isinstance(sample, (bytes, bytearray)):
        return base64.b64encode(sample).decode("ascii")
    if isinstance(sample, (datetime.datetime, datetime.time)) and sample.tzinfo is None:
        return sample.replace(tzinfo=datetime.timezone.utc).isoformat()
    return sample.isoformat() if hasattr(sample, "isoformat") else sample


def _describe_object(sample: "dict[Any, Any]") -> "dict[str, Any]":
    if not has_nested_types(sample):
        return {"type": "object", "additionalProperties": {"type": "object"}, "example": plain_example(sample)}
    properties = {}
    example = {}
    for key, part in sample.items():
        described = dict(describe(part))
        example[str(key)] = described.pop("example")
        properties[str(key)] = described
    return {"type": "object", "properties": properties, "required": sorted(properties), "example": example}


def _describe_array(sample: "list[Any]") -> "dict[str, Any]":
    described = [describe(part) for part in sample]
    example = [each.pop("example") for each in described]
    same = bool(described) and all(each == described[0] for each in described)
    return {"type": "array", "items": described[0] if same else {"type": "object"}, "example": example}


def plain_example(sample: "Any") -> "Any":
    """A sample as JSON would carry it."""
    import json

    from .convert import json_bytes

    return json.loads(json_bytes(sample).decode("ascii"))
