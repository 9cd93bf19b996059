"""The records of experiments and runs, and the checks of what is logged to them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modelport.errors import NotFoundError, UserError, nearest
from modelport.v1_kinds import RunFileMissingError

RUNNING, COMPLETED, FAILED, CANCELED = "Running", "Completed", "Failed", "Canceled"

MetricKind = Literal["scalar", "list", "row", "table"]


@dataclass(frozen=True)
class ExperimentRecord:
    """A named series of runs."""

    name: str
    id: str
    created_at: datetime.datetime


@dataclass(frozen=True)
class RunRecord:
    """One execution of an experiment: what it is called, how it ended, and its labels."""

    id: str
    experiment_name: str
    number: int
    status: str
    display_name: str
    tags: Mapping[str, str]
    properties: Mapping[str, str]
    outputs_directory: str | None
    error: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None


@dataclass(frozen=True)
class Metric:
    """One logged value: a number or text (`scalar`), a `list`, a `row` of named values, or a `table` of columns."""

    name: str
    kind: MetricKind
    value: Any


def checked_metric(name: object, kind: MetricKind, value: object) -> Metric:
    """A metric whose value can be kept; numbers of NumPy become plain ones. Raises `UserError` (`metric-invalid`).

    >>> checked_metric("rmse", "scalar", 0.5)
    Metric(name='rmse', kind='scalar', value=0.5)
    """
    if not isinstance(name, str) or not 1 <= len(name) <= 255:
        raise _metric_invalid(name, "the name must be text of 1 to 255 characters")
    if kind == "scalar":
        return Metric(name, kind, _plain(name, value))
    if kind == "list":
        return Metric(name, kind, _plain_list(name, value))
    if not isinstance(value, Mapping) or not value:
        raise _metric_invalid(name, f"a {kind} needs named values, not {type(value).__name__}")
    if kind == "row":
        return Metric(name, kind, {str(key): _plain(name, item) for key, item in value.items()})
    return Metric(name, kind, {str(key): _column(name, item) for key, item in value.items()})


def _column(name: str, value: object) -> object:
    is_list = isinstance(value, (list, tuple)) or hasattr(value, "tolist")
    return _plain_list(name, value) if is_list else _plain(name, value)


def _plain_list(name: str, value: object) -> list[object]:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        raise _metric_invalid(name, f"a list is needed, not {type(value).__name__}")
    return [_plain(name, item) for item in value]


def _plain(name: str, value: object) -> object:
    if not isinstance(value, (int, float, str)) and hasattr(value, "item"):
        value = value.item()  # NumPy's numbers know their plain form
    if value is None or not isinstance(value, (int, float, str)):
        raise _metric_invalid(name, f"{type(value).__name__} is neither a number nor text")
    return value


def _metric_invalid(name: object, reason: str) -> UserError:
    return UserError(
        "metric-invalid",
        f"The metric {name!r} cannot be logged: {reason}.",
        "Use log(name, number), log_list(name, list), log_row(name, column=value) or log_table(name, columns).",
    )


def summarised(metrics: list[Metric]) -> dict[str, Any]:
    """One value per name: the value itself, or the list of values where a name was logged more than once.

    Rows and tables join into columns.

    >>> summarised([Metric("loss", "scalar", 2), Metric("loss", "scalar", 1), Metric("rmse", "scalar", 0.5)])
    {'loss': [2, 1], 'rmse': 0.5}
    """
    grouped: dict[str, list[Metric]] = {}
    for metric in metrics:
        grouped.setdefault(metric.name, []).append(metric)
    return {name: _joined(group) for name, group in grouped.items()}


def _joined(group: list[Metric]) -> Any:
    if len(group) == 1:
        return group[0].value
    if all(isinstance(metric.value, dict) for metric in group):
        columns: dict[str, list[Any]] = {}
        for metric in group:
            for key, value in metric.value.items():
                columns.setdefault(key, []).extend(value if isinstance(value, list) else [value])
        return columns
    joined: list[Any] = []
    for metric in group:
        joined.extend(metric.value if isinstance(metric.value, list) else [metric.value])
    return joined


def checked_name(name: str) -> str:
    """A file's name within a run, in its plain form: `./outputs//model.pkl` is `outputs/model.pkl`."""
    parts = [part for part in str(name).replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts or str(name).startswith("/") or not "".join(parts).isprintable():
        raise UserError(
            "run-file-invalid",
            f"The file name {name!r} is not valid within a run: a relative path without '..' is needed.",
            "Use a name such as 'outputs/my_model.pkl'.",
        )
    return "/".join(parts)


def file_missing(run_id: str, wanted: str, present: list[str]) -> NotFoundError:
    """The error for a file that a run does not have; it names the files that it has."""
    shown = ", ".join(present[:20]) + (f" and {len(present) - 20} more" if len(present) > 20 else "")
    hint = nearest(wanted, present) if len(present) > 1 else ""
    uploaded = f"Uploaded: {shown}. {hint}" if present else "Nothing was uploaded."
    return RunFileMissingError(
        "run-file-missing",
        f"Run '{run_id}' has no file or folder {wanted!r}. {uploaded}".rstrip(),
        f"Upload it first: run.upload_file({wanted!r}, path)",
    )
