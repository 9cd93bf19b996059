"""The parameter types for numpy arrays and pandas data frames; the user's own numpy and pandas do the work."""

from .optional import loaded
from .schema import ParameterType, SchemaMismatch
from .standard_types import plain_example

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EXAMPLE_ROWS = 5
ORIENTATIONS = ("records", "split", "index", "columns", "values", "table")
_UNITS = {
    "years": "Y", "months": "M", "weeks": "W", "days": "D", "hours": "h", "minutes": "m", "seconds": "s",
    "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns", "picoseconds": "ps", "femtoseconds": "fs",
    "attoseconds": "as",
}  # fmt: skip


class NumpyParameterType(ParameterType):
    """An array like the sample: nested JSON arrays of the sample's element type and shape.

    `enforce_column_type` converts to the sample's dtype (a text is never cut to the sample's length);
    `enforce_shape` requires the sample's number of dimensions and its sizes, the first one free.
    """

    def __init__(self, sample_input: "Any", enforce_column_type: bool = True, enforce_shape: bool = True) -> None:
        numpy = loaded("numpy")
        if not isinstance(sample_input, numpy.ndarray):
            raise TypeError("NumpyParameterType takes a numpy array, not %r." % type(sample_input).__name__)
        super(NumpyParameterType, self).__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape

    def deserialize_input(self, input_data: "Any") -> "Any":
        """The array of a JSON value. Raises `SchemaMismatch`."""
        numpy = loaded("numpy")
        if isinstance(input_data, numpy.ndarray):
            return input_data
        if not isinstance(input_data, list):
            raise SchemaMismatch("an array is expected, %s came." % type(input_data).__name__)
        dtype = self.sample_input.dtype
        try:
            if self.enforce_column_type:
                array = numpy.array(_prepared(input_data, dtype, self.sample_input.ndim), dtype=_wide(dtype))
            else:
                array = numpy.array(input_data)
        except (ValueError, TypeError, OverflowError) as error:
            raise SchemaMismatch("no array of %s can be made of it: %s" % (dtype, error)) from error
        if self.enforce_shape:
            _check_shape(array.shape, self.sample_input.shape)
        return array

    def input_to_swagger(self) -> "dict[str, Any]":
        """The swagger schema of the array, with the first rows of the sample as example."""
        schema = _element(self.sample_input.dtype)
        for _ in range(self.sample_input.ndim):
            schema = {"type": "array", "items": schema}
        example = self.sample_input[:_EXAMPLE_ROWS] if self.sample_input.ndim else self.sample_input
        return dict(schema, format="numpy.ndarray", example=plain_example(example))


def _wide(dtype: "Any") -> "Any":
    """The dtype to convert to: without the length of the sample's texts, which would cut longer ones silently."""
    return dtype.kind if dtype.kind in "US" else dtype


def _prepared(value: "Any", dtype: "Any", depth: int) -> "Any":
    """JSON as numpy wants it: rows of a structured dtype as tuples, times without a Z, durations as durations."""
    if not dtype.names and dtype.kind not in "mM":
        return value
    if depth and isinstance(value, list):
        return [_prepared(each, dtype, depth - 1) for each in value]
    if dtype.names:
        cells = [value[name] for name in dtype.names] if isinstance(value, dict) else value
        return tuple(_prepared(cell, dtype[at], dtype[at].ndim) for at, cell in enumerate(cells))
    if isinstance(value, str):
        return _duration(value) if dtype.kind == "m" else value.rstrip("Zz")
    return value


def _duration(text: str) -> "Any":
    amount, _, unit = text.strip().partition(" ")
    code = _UNITS.get(unit.strip().lower())
    if code is None or not amount.lstrip("+-").isdigit():
        raise ValueError("%r is no duration such as '3 days'" % text)
    return loaded("numpy").timedelta64(int(amount), code)


def _check_shape(shape: "tuple[int, ...]", expected: "tuple[int, ...]") -> None:
    if len(shape) == len(expected) and shape[1:] == expected[1:]:
        return
    wanted = ", ".join(["any"] + [str(size) for size in expected[1:]] if expected else [])
    raise SchemaMismatch("the shape (%s) is expected, (%s) came." % (wanted, ", ".join(map(str, shape))))


def _element(dtype: "Any") -> "dict[str, Any]":
    """The swagger schema of one element."""
    if dtype.names:
        return {"type": "object", "properties": {name: _element(dtype[name]) for name in dtype.names}}
    schema = {"type": "object"}
    if dtype.kind in "iu":
        schema = {"type": "integer", "format": "int64" if dtype.itemsize == 8 else "int32"}
    elif dtype.kind == "f":
        schema = {"type": "number", "format": "double" if dtype.itemsize >= 8 else "float"}
    elif dtype.kind == "b":
        schema = {"type": "boolean"}
    elif dtype.kind in "USO":
        schema = {"type": "string"} if dtype.kind != "O" else {"type": "object"}
    elif dtype.kind == "M":
        schema = {"type": "string", "format": "date-time"}
    elif dtype.kind == "m":
        schema = {"type": "string", "format": "timedelta"}
    return schema


class PandasParameterType(ParameterType):
    """A data frame like the sample, in the JSON form that `orient` names (records, split, index ...).

    `enforce_column_type` converts each column to the sample's type; `enforce_shape` requires the sample's number of
    columns; `apply_column_names` gives the columns the sample's names.
    """

    def __init__(
        self,
        sample_input: "Any",
        enforce_column_type: bool = True,
        enforce_shape: bool = True,
        apply_column_names: bool = False,
        orient: str = "records",
    ) -> None:
        pandas = loaded("pandas")
        if not isinstance(sample_input, pandas.DataFrame):
            raise TypeError("PandasParameterType takes a pandas DataFrame, not %r." % type(sample_input).__name__)
        if orient not in ORIENTATIONS:
            raise ValueError("orient is %r; valid: %s." % (orient, ", ".join(ORIENTATIONS)))
        super(PandasParameterType, self).__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape
        self.apply_column_names = apply_column_names
        self.orient = orient

    def deserialize_input(self, input_data: "Any") -> "Any":
        """The data frame of a JSON value. Raises `SchemaMismatch`."""
        pandas = loaded("pandas")
        if isinstance(input_data, pandas.DataFrame):
            return input_data
        if not isinstance(input_data, (list, dict)):
            raise SchemaMismatch("an array or an object is expected, %s came." % type(input_data).__name__)
        try:
            frame = _frame(input_data, self.orient, list(self.sample_input.columns))
        except SchemaMismatch:
            raise
        except Exception as error:
            words = "no data frame can be made of it (orient '%s'): %s" % (self.orient, error)
            raise SchemaMismatch(words) from error
        if self.enforce_shape:
            self._check_columns(frame)
        if self.apply_column_names:
            frame.columns = self.sample_input.columns
        return self._typed(frame) if self.enforce_column_type else frame

    def _check_columns(self, frame: "Any") -> None:
        expected = len(self.sample_input.columns)
        if frame.shape[1] != expected:
            raise SchemaMismatch(
                "%d columns (%s) are expected, %d (%s) came."
                % (expected, _names(self.sample_input.columns), frame.shape[1], _names(frame.columns))
            )

    def _typed(self, frame: "Any") -> "Any":
        for name, dtype in self.sample_input.dtypes.items():
            if name not in frame.columns:
                continue
            try:
                frame[name] = _column(frame[name], dtype)
            except Exception as error:
                words = "the column %r holds no %s: %s" % (name, dtype, error)
                raise SchemaMismatch(words) from error
        return frame

    def input_to_swagger(self) -> "dict[str, Any]":
        """The swagger schema of the frame in its orientation, with the first rows of the sample as example."""
        columns = {str(name): _column_schema(self.sample_input[name]) for name in self.sample_input.columns}
        schema = _oriented(self.orient, {"type": "object", "properties": columns})
        example = _frame_example(self.sample_input.head(_EXAMPLE_ROWS), self.orient)
        return dict(schema, format="pandas.DataFrame:%s" % self.orient, example=example)


def _names(columns: "Any") -> str:
    return ", ".join(str(name) for name in list(columns)[:20])


def _frame(data: "Any", orient: str, columns: "list[Any]") -> "Any":
    pandas = loaded("pandas")
    if orient == "table":
        import io
        import json

        return pandas.read_json(io.StringIO(json.dumps(data)), orient="table")
    if orient == "split":
        if not isinstance(data, dict) or "data" not in data:
            raise SchemaMismatch("an object with 'columns', 'index' and 'data' is expected.")
        return pandas.DataFrame(data["data"], columns=data.get("columns", columns), index=data.get("index"))
    if orient == "index":
        return pandas.DataFrame.from_dict(data, orient="index")
    if orient == "values" or (isinstance(data, list) and data and not isinstance(data[0], dict)):
        rows = [row if isinstance(row, list) else [row] for row in data]
        fits = all(len(row) == len(columns) for row in rows)
        return pandas.DataFrame(rows, columns=columns if fits else None)
    return pandas.DataFrame(data) if data else pandas.DataFrame(columns=columns)


def _column(column: "Any", dtype: "Any") -> "Any":
    pandas = loaded("pandas")
    if getattr(dtype, "kind", "") == "M":
        # Numbers are milliseconds, as pandas itself writes moments in JSON.
        unit = "ms" if getattr(column.dtype, "kind", "") in "iuf" else None
        moments = pandas.to_datetime(column, unit=unit, utc=getattr(dtype, "tz", None) is not None)
        return moments.astype(dtype)
    if getattr(dtype, "kind", "") == "m":
        return pandas.to_timedelta(column).astype(dtype)
    return column if getattr(dtype, "kind", "") == "O" else column.astype(dtype)


def _column_schema(column: "Any") -> "dict[str, Any]":
    kind = getattr(column.dtype, "kind", "O")
    if kind == "O":
        texts = len(column) and all(isinstance(each, str) for each in column[:_EXAMPLE_ROWS])
        return {"type": "string"} if texts else {"type": "object"}
    return _element(column.dtype)


def _oriented(orient: str, record: "dict[str, Any]") -> "dict[str, Any]":
    row = {"type": "array", "items": {"type": "object"}}
    if orient == "records":
        return {"type": "array", "items": record}
    if orient == "values":
        return {"type": "array", "items": row}
    if orient == "index":
        return {"type": "object", "additionalProperties": record}
    if orient == "columns":
        return {"type": "object", "additionalProperties": {"type": "object"}}
    if orient == "split":
        parts = {"columns": {"type": "array", "items": {"type": "string"}}, "index": row, "data": row}
        parts["data"] = {"type": "array", "items": row}
        parts["index"] = {"type": "array", "items": {"type": "integer"}}
        return {"type": "object", "properties": parts}
    return {"type": "object", "properties": {"schema": {"type": "object"}, "data": {"type": "array", "items": record}}}


def _frame_example(frame: "Any", orient: str) -> "Any":
    import json

    return json.loads(frame.to_json(orient=orient, date_format="iso"))
